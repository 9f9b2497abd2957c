import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { randomUniform } from './random-uniform.js';

/**
 * A random order of 0 … count - 1, int32 `[count]`: the order of independent uniform numbers, ties by index.
 *
 * @param key - int32 `[2]`. One key for one draw.
 */
export function randomPermutation(count: number, key: Tensor1D): Tensor1D {
  return tf.tidy(() => tf.topk(randomUniform<tf.Rank.R1>([count], key), count).indices);
}
