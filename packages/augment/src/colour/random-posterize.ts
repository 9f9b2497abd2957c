import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { chance } from '../transform/chance.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import type { Planes } from '../transform/planes.js';
import { posterize } from './posterize.js';
import type { Transform } from '../transform/transform.js';
import { whereApplied } from '../transform/where-applied.js';

export interface RandomPosterizeOptions {
  /** Lowest and highest number of bits that are kept, whole numbers from 0 to 8; each equally likely. */
  readonly bits?: readonly [number, number];
  /** Probability that an image is posterized, 0 to 1. */
  readonly probability?: number;
}

/** RandAugment's range. */
export const randomPosterizeDefaults = { bits: [4, 8], probability: 0.5 } as const satisfies RandomPosterizeOptions;

export type RandomPosterizeParameters = {
  /** Bits that are kept, `[batch]`. */
  readonly bits: Tensor1D;
  /** 1 where the image is posterized, `[batch]`. */
  readonly applied: Tensor1D;
};

/** {@link posterize} where `applied` is 1. */
export function applyRandomPosterize(planes: Planes, { bits, applied }: RandomPosterizeParameters): Planes {
  return tf.tidy(() => whereApplied(applied, posterize(planes, bits), planes));
}

/**
 * Keeps a random number of bits of each value in a share of the images: torchvision's `RandomPosterize`, with the bits
 * drawn for each image. Any number of channels.
 *
 * @throws SslError for bits that are no range of whole numbers from 0 to 8.
 * @example
 * ```ts
 * randomPosterize({ bits: [3, 3], probability: 0.2 });
 * ```
 */
export function randomPosterize(options: RandomPosterizeOptions = {}): Transform<RandomPosterizeParameters> {
  const { bits, probability } = { ...randomPosterizeDefaults, ...options };
  const [low, high] = bits;
  if (!Number.isInteger(low) || !Number.isInteger(high) || low < 0 || high > 8 || low > high) {
    throw new SslError(
      `randomPosterize needs bits as [low, high], whole numbers with 0 ≤ low ≤ high ≤ 8, got [${String(low)}, ${String(high)}]. Correct the option.`,
      { from: '@ssl/augment' },
    );
  }
  return {
    name: 'randomPosterize',
    draw: ({ batch, key }) =>
      tf.tidy(() => {
        const drawn = drawUniforms(batch, key, { bits: [low, high + 1], applied: [0, 1] });
        return { bits: tf.minimum<Tensor1D>(tf.floor(drawn.bits), high), applied: chance(drawn.applied, probability) };
      }),
    apply: applyRandomPosterize,
  };
}
