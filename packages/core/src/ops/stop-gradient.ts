import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/**
 * The same values, through which no gradient flows: PyTorch's `detach()`, the papers' `sg(x)`.
 *
 * @returns The shape of `x`.
 * @example
 * const gradient = tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(tf.scalar(3)); // 3, not 6
 */
export function stopGradient<T extends Tensor>(x: T): T {
  // A custom gradient without inputs: the tape ends here, and no zeros are made for what lies before it.
  return tf.customGrad(() => ({ value: tf.clone(x), gradFunc: () => [] }))() as T;
}
