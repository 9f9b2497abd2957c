import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { constantTensor } from './initialise.js';
import type { Module } from './module.js';

export interface GroupNormOptions {
  /** Added to the variance. */
  readonly epsilon?: number;
}

export const groupNormDefaults = { epsilon: 1e-5 } as const satisfies Required<GroupNormOptions>;

/**
 * Group normalisation of `[batch, height, width, channels]` (Wu and He 2018, equation 7): each image's channels are
 * normalised in `groups` groups of neighbours.
 *
 * @throws SslError where `groups` does not divide `channels`.
 */
export function groupNorm(
  groups: number,
  channels: number,
  options: GroupNormOptions = {},
): Module<Tensor4D, Tensor4D> {
  const { epsilon } = { ...groupNormDefaults, ...options };
  if (channels % groups !== 0) {
    throw new SslError(
      `groupNorm needs groups that divide the channels, got ${String(groups)} for ${String(channels)}. Choose a divisor.`,
      { from: '@ssl/core' },
    );
  }
  return {
    init: () => ({
      params: { weight: constantTensor([channels], 1), bias: constantTensor([channels], 0) },
      buffers: {},
    }),
    forward: (scope, input) =>
      tf.tidy(() => {
        const [batch, height, width] = input.shape;
        const grouped = tf.reshape(input, [batch, height * width, groups, channels / groups]);
        const { mean, variance } = tf.moments(grouped, [1, 3], true);
        const normal = tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, epsilon)));
        const flat = tf.reshape(normal, input.shape);
        return tf.add(tf.mul(flat, scope.param<Tensor1D>('weight')), scope.param<Tensor1D>('bias'));
      }),
  };
}
