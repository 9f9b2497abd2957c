import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { drawApplied } from './draw-applied.js';
import { equalize } from './equalize.js';
import type { Planes } from './planes.js';
import type { Transform } from './transform.js';
import { whereApplied } from './where-applied.js';

export type RandomEqualizeParameters = {
  /** 1 where the image is changed, `[batch]`. */
  readonly applied: Tensor1D;
};

/** {@link equalize} where `applied` is 1. */
export function applyRandomEqualize(planes: Planes, { applied }: RandomEqualizeParameters): Planes {
  return tf.tidy(() => whereApplied(applied, equalize(planes), planes));
}

/**
 * Equalises the histogram of each channel in a share of the images: torchvision's `RandomEqualize`. Any number of channels.
 *
 * @param probability - that an image is changed, 0 to 1.
 */
export function randomEqualize({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<RandomEqualizeParameters> {
  return {
    name: 'randomEqualize',
    draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }),
    apply: applyRandomEqualize,
  };
}
