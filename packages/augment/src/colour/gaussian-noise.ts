import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { foldIn } from '@ssl/core';
import { randomNormal } from '@ssl/core/ops';
import { checkRange } from '../transform/check-range.js';
import { chance } from '../transform/chance.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { perImage } from '../transform/per-image.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';

export interface GaussianNoiseOptions {
  /** Lowest and highest standard deviation of the noise, in units of the pixel range 0..1. */
  readonly deviation?: readonly [number, number];
  readonly probability?: number;
}

export const gaussianNoiseDefaults = { deviation: [0.01, 0.1], probability: 0.5 } as const satisfies GaussianNoiseOptions;

export type GaussianNoiseParameters = {
  /** `[batch]`; 0 where not applied. */
  readonly deviation: Tensor1D;
  /** Key of the noise itself, int32 `[2]`: kept instead of a number for each pixel. */
  readonly noiseKey: Tensor1D;
};

/** `clip(x + deviation · n, 0, 1)` with n standard normal, of its own for each pixel and channel. */
export function applyGaussianNoise(planes: Planes, { deviation, noiseKey }: GaussianNoiseParameters): Planes {
  return tf.tidy(() => addNoise(planes, randomNormal<tf.Rank.R4>(planes.shape, noiseKey), deviation));
}

/** `clip(x + deviation · noise, 0, 1)` for given noise, of the planes' shape. */
export function addNoise(planes: Planes, noise: Planes, deviation: Tensor1D): Planes {
  return tf.tidy(() => tf.clipByValue(tf.add(planes, tf.mul(noise, perImage(deviation))), 0, 1));
}

/** Adds Gaussian noise to a share of the images. Chen et al. 2020, arXiv:2002.05709, figure 4. */
export function gaussianNoise(options: GaussianNoiseOptions = {}): Transform<GaussianNoiseParameters> {
  const { deviation, probability } = { ...gaussianNoiseDefaults, ...options };
  checkRange('gaussianNoise', 'deviation', deviation, [0, Infinity]);
  return {
    name: 'gaussianNoise',
    draw: ({ batch, key }) =>
      tf.tidy(() => {
        const drawn = drawUniforms(batch, key, { applied: [0, 1], deviation });
        return {
          deviation: tf.mul<Tensor1D>(chance(drawn.applied, probability), drawn.deviation),
          noiseKey: foldIn(key, 'noise'),
        };
      }),
    apply: applyGaussianNoise,
  };
}
