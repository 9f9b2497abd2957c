import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Module } from './module.js';
import { stateless } from './stateless.js';

/** Mean over height and width: `[batch, height, width, channels]` to `[batch, channels]`. */
export function globalAveragePool(): Module<Tensor4D, Tensor2D> {
  return stateless((_scope, x) => tf.mean(x, [1, 2]));
}
