import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { drawApplied } from './draw-applied.js';
import { invert } from './invert.js';
import type { Planes } from './planes.js';
import type { Transform } from './transform.js';
import { whereApplied } from './where-applied.js';

export type RandomInvertParameters = {
  /** 1 where the image is changed, `[batch]`. */
  readonly applied: Tensor1D;
};

/** {@link invert} where `applied` is 1. */
export function applyRandomInvert(planes: Planes, { applied }: RandomInvertParameters): Planes {
  return tf.tidy(() => whereApplied(applied, invert(planes), planes));
}

/**
 * Inverts a share of the images: torchvision's `RandomInvert`. Any number of channels.
 *
 * @param probability - that an image is changed, 0 to 1.
 */
export function randomInvert({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<RandomInvertParameters> {
  return {
    name: 'randomInvert',
    draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }),
    apply: applyRandomInvert,
  };
}
