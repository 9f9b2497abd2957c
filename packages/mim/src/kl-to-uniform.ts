import { logSoftmax } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

/**
 * How far distributions are from the uniform one, in nats, mean over rows: `sum_k q_k ln(q_k K)`, q the softmax of the logits.
 *
 * @param logits - `[rows, K]`.
 * @returns From 0 (all uniform) to ln K (all one-hot).
 * @throws Error of the engine for logits that are no matrix.
 * @example
 * klToUniform(tf.zeros([2, 8])); // 0
 *
 * @see Ramesh et al., Zero-Shot Text-to-Image Generation, equation 1 with a uniform prior.
 */
export function klToUniform(logits: Tensor2D): Scalar {
  return tf.tidy(() => {
    const logProbabilities = logSoftmax(logits);
    const entropies = tf.sum(tf.mul(tf.exp(logProbabilities), logProbabilities), 1);
    return tf.add<Scalar>(tf.mean(entropies), Math.log(logits.shape[1]));
  });
}
