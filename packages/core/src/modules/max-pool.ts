import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Module } from './module.js';
import { stateless } from './stateless.js';

export interface PoolOptions {
  /** The kernel's size where it is left out. */
  readonly stride?: number;
  /** On each of the four sides, as in PyTorch. */
  readonly padding?: number;
}

/**
 * Largest value of each `kernel` x `kernel` window. Padding never wins: it is below every float32 value that a
 * convolution produces.
 */
export function maxPool(kernel: number, { stride = kernel, padding = 0 }: PoolOptions = {}): Module<Tensor4D, Tensor4D> {
  return stateless((_scope, x) =>
    tf.tidy(() => {
      const side: [number, number] = [padding, padding];
      const padded = padding === 0 ? x : tf.pad(x, [[0, 0], side, side, [0, 0]], -3e38);
      return tf.maxPool(padded, kernel, stride, 'valid');
    }),
  );
}
