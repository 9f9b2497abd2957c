import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

/** Mean entropy of rows that sum to 1, from 0 (one output) to ln(outputs) (all alike). */
export function meanEntropy(probabilities: Tensor2D): Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(probabilities, tf.log(tf.maximum(probabilities, 1e-12))), 1)));
}
