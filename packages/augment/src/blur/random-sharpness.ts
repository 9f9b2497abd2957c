import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { adjustSharpness } from './adjust-sharpness.js';
import { chance } from '../transform/chance.js';
import { checkRange } from '../transform/check-range.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import type { Transform } from '../transform/transform.js';

export interface RandomSharpnessOptions {
  /** Lowest and highest factor, not negative: 0 smooths, 1 changes nothing, 2 sharpens. */
  readonly factor?: readonly [number, number];
  /** Probability that an image is changed, 0 to 1. */
  readonly probability?: number;
}

/** RandAugment's range. */
export const randomSharpnessDefaults = { factor: [0.1, 1.9], probability: 0.5 } as const satisfies RandomSharpnessOptions;

export type RandomSharpnessParameters = {
  /** `[batch]`; 1 where not applied. */
  readonly factor: Tensor1D;
};

/**
 * Smooths or sharpens a share of the images: torchvision's `RandomAdjustSharpness`, with the factor drawn uniformly for
 * each image; {@link adjustSharpness} does it. Any number of channels.
 *
 * @throws SslError for an empty, reversed or negative range.
 * @example
 * ```ts
 * randomSharpness({ factor: [1, 2] });
 * ```
 */
export function randomSharpness(options: RandomSharpnessOptions = {}): Transform<RandomSharpnessParameters> {
  const { factor, probability } = { ...randomSharpnessDefaults, ...options };
  checkRange('randomSharpness', 'factor', factor, [0, Infinity]);
  return {
    name: 'randomSharpness',
    draw: ({ batch, key }) =>
      tf.tidy(() => {
        const drawn = drawUniforms(batch, key, { factor, applied: [0, 1] });
        const applied = chance(drawn.applied, probability);
        return { factor: tf.add<Tensor1D>(tf.mul(applied, drawn.factor), tf.sub(1, applied)) };
      }),
    apply: (planes, parameters) => adjustSharpness(planes, parameters.factor),
  };
}
