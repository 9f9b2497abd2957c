import * as tf from '@tensorflow/tfjs-core';
import type { Rank, ShapeMap, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { randomUniform } from './random-uniform.js';

/**
 * Whole random numbers in [minimum, maximum), int32, each as likely as the other to within 2^-23 times their number.
 *
 * @param key - int32 `[2]`. One key for one draw.
 * @param maximum - Less than 2^20 above `minimum`, so that the 2^23 steps of a uniform number reach every value.
 */
export function randomIntegers<R extends Rank>(
  shape: ShapeMap[R],
  key: Tensor1D,
  minimum: number,
  maximum: number,
): Tensor<R> {
  return tf.tidy(() => {
    const offset = tf.cast(tf.floor(randomUniform(shape, key, 0, maximum - minimum)), 'int32');
    return tf.add(offset, tf.scalar(minimum, 'int32')) as Tensor<R>;
  });
}
