import { SslError } from '@ssl/core';
import { l2Normalize } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

/**
 * Mean negative cosine similarity of predictions and targets: `-mean_i <p_i / |p_i|, z_i / |z_i|>`.
 *
 * Whether the target carries a gradient is the caller's business: stop it before (`stopGradient`).
 *
 * @param predictions `[batch, dimension]`, of any length.
 * @param targets Of the same shape.
 * @returns A scalar from -1 (same direction) to 1.
 * @throws SslError where the shapes differ.
 *
 * @example
 * negativeCosine(tf.tensor2d([[2, 0]]), tf.tensor2d([[5, 0]])); // -1
 *
 * @see Chen, He, Exploring Simple Siamese Representation Learning, equation 1.
 */
export function negativeCosine(predictions: Tensor2D, targets: Tensor2D): Scalar {
  if (predictions.shape[0] !== targets.shape[0] || predictions.shape[1] !== targets.shape[1]) {
    throw new SslError(
      `negativeCosine needs predictions and targets of the same shape, got [${predictions.shape.join(', ')}] and [${targets.shape.join(', ')}]. ` +
        `The predictor must end in the projector's dimension.`,
      { from: '@ssl/distill' },
    );
  }
  return tf.tidy(() => tf.neg(tf.mean(tf.sum(tf.mul(l2Normalize(predictions), l2Normalize(targets)), 1))));
}
