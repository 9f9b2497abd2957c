import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { foldIn, type TensorRecord } from '@ssl/core';
import { drawApplied } from './draw-applied.js';
import type { Transform } from './transform.js';
import { whereApplied } from './where-applied.js';

/** Parameters of a transform, and where it is applied. */
export type RandomApplyParameters<Parameters extends TensorRecord> = {
  readonly applied: Tensor1D;
  readonly inner: Parameters;
};

/**
 * Any transform, applied to a share of the images: torchvision's `RandomApply`, image by image. The transform must not
 * change the size.
 */
export function randomApply<Parameters extends TensorRecord>(
  transform: Transform<Parameters>,
  { probability = 0.5 }: { readonly probability?: number } = {},
): Transform<RandomApplyParameters<Parameters>> {
  return {
    name: transform.name,
    imagewise: transform.imagewise === true,
    draw: ({ key, ...context }) => ({
      applied: drawApplied(context.batch, foldIn(key, 'applied'), probability),
      inner: transform.draw({ ...context, key }),
    }),
    apply: (planes, { applied, inner }) =>
      tf.tidy(() => whereApplied(applied, transform.apply(planes, inner), planes)),
  };
}
