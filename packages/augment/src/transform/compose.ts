import { foldIn, type TensorRecord } from '@ssl/core';
import type { DrawContext, Transform } from './transform.js';
import type { Planes } from './planes.js';

/**
 * One transform that runs several in order. Each draws from a random stream of its own, so adding one at the end
 * leaves the draws of the others as they were.
 *
 * @param transforms - what to do, first to last.
 * @returns a transform whose parameters are a record `{ '0.randomResizedCrop': …, '1.colourJitter': … }`.
 * @example
 * ```ts
 * const weak = compose([randomResizedCrop({ size: 32 }), horizontalFlip(), normalize()]);
 * ```
 */
export function compose(transforms: readonly Transform[]): Transform {
  const named = transforms.map((transform, position) => ({ transform, path: `${String(position)}.${transform.name}` }));
  return {
    name: 'compose',
    imagewise: transforms.every(({ imagewise }) => imagewise === true),
    draw({ key, ...context }: DrawContext): TensorRecord {
      return Object.fromEntries(
        named.map(({ transform, path }) => [path, transform.draw({ ...context, key: foldIn(key, path) })]),
      );
    },
    apply(planes: Planes, parameters: TensorRecord): Planes {
      return named.reduce(
        (current, { transform, path }) => transform.apply(current, parameters[path] as TensorRecord),
        planes,
      );
    },
  };
}
