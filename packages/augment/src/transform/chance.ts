import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';

/** 1 with this probability and 0 otherwise, from uniform numbers in [0, 1). */
export function chance(uniform: Tensor1D, probability: number): Tensor1D {
  return tf.tidy(() => tf.cast(tf.less(uniform, probability), 'float32'));
}
