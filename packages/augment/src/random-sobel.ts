import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { drawApplied } from './draw-applied.js';
import { sobel } from './sobel.js';
import type { Planes } from './planes.js';
import type { Transform } from './transform.js';
import { whereApplied } from './where-applied.js';

export type RandomSobelParameters = {
  /** 1 where the image is changed, `[batch]`. */
  readonly applied: Tensor1D;
};

/** {@link sobel} where `applied` is 1. */
export function applyRandomSobel(planes: Planes, { applied }: RandomSobelParameters): Planes {
  return tf.tidy(() => whereApplied(applied, sobel(planes), planes));
}

/**
 * Replaces a share of the images by the strength of their edges: kornia's `Sobel`, each channel by itself (Caron et al. 2018, arXiv:1807.05520, section 4, feed a network with such images: probability 1). Any number of channels.
 *
 * @param probability - that an image is changed, 0 to 1.
 */
export function randomSobel({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<RandomSobelParameters> {
  return {
    name: 'randomSobel',
    draw: ({ batch, key }) => ({ applied: drawApplied(batch, key, probability) }),
    apply: applyRandomSobel,
  };
}
