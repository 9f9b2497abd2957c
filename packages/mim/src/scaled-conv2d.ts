import { childSeed, conv2d, normalTensor } from '@ssl/core';
import type { Module } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** A convolution that keeps the image's size and starts as DALL-E's: normal of variance 1 / fan-in, biases of 0. */
export function scaledConv2d(inputs: number, outputs: number, kernel: number): Module<Tensor4D, Tensor4D> {
  return {
    ...conv2d(inputs, outputs, kernel, { padding: (kernel - 1) / 2 }),
    init: (seed) => ({
      params: {
        weight: normalTensor<tf.Rank.R4>(childSeed(seed, 'weight'), [kernel, kernel, inputs, outputs], 1 / Math.sqrt(inputs * kernel * kernel)),
        bias: tf.zeros([outputs]),
      },
      buffers: {},
    }),
  };
}
