import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { PoolOptions } from './max-pool.js';
import type { Module } from './module.js';
import { stateless } from './stateless.js';

/** Mean of each `kernel` x `kernel` window; padding counts as zeros, as PyTorch's default has it. */
export function averagePool(
  kernel: number,
  { stride = kernel, padding = 0 }: PoolOptions = {},
): Module<Tensor4D, Tensor4D> {
  return stateless((_scope, x) =>
    tf.tidy(() => {
      const side: [number, number] = [padding, padding];
      const padded = padding === 0 ? x : tf.pad(x, [[0, 0], side, side, [0, 0]]);
      return tf.avgPool(padded, kernel, stride, 'valid');
    }),
  );
}
