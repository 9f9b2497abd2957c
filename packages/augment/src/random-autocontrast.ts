import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { drawApplied } from './draw-applied.js';
import { autocontrast } from './autocontrast.js';
import type { Planes } from './planes.js';
import type { Transform } from './transform.js';
import { whereApplied } from './where-applied.js';

export type RandomAutocontrastParameters = {
  /** 1 where the image is changed, `[batch]`. */
  readonly applied: Tensor1D;
};

/** {@link autocontrast} where `applied` is 1. */
export function applyRandomAutocontrast(planes: Planes, { applied }: RandomAutocontrastParameters): Planes {
  return tf.tidy(() => whereApplied(applied, autocontrast(planes), planes));
}

/**
 * Stretches each channel to the whole range in a share of the images: torchvision's `RandomAutocontrast`. Any number of channels.
 *
 * @param probability - that an image is changed, 0 to 1.
 */
export function randomAutocontrast({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<RandomAutocontrastParameters> {
  return {
    name: 'randomAutocontrast',
    draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }),
    apply: applyRandomAutocontrast,
  };
}
