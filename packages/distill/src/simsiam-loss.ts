import { stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';
import type { PredictionPair } from './byol-loss.js';
import { negativeCosine } from './negative-cosine.js';

/**
 * SimSiam: the mean negative cosine of one view's prediction and the other's projection, the projection as a constant.
 *
 * `L = D(p1, stopgrad(z2)) / 2 + D(p2, stopgrad(z1)) / 2`.
 *
 * @returns A scalar from -1 to 1; a collapsed embedding gives -1 too, so watch the spread.
 * @throws SslError where a prediction and its target differ in shape.
 * @example
 * const v = tf.tensor2d([[1, 0]]);
 * simsiamLoss({ predictions: [v, v], targets: [v, v] }); // -1
 *
 * @see Chen, He, Exploring Simple Siamese Representation Learning, equation 4.
 */
export function simsiamLoss({ predictions: [p1, p2], targets: [z1, z2] }: PredictionPair): Scalar {
  return tf.tidy(() => tf.mul(tf.add(negativeCosine(p1, stopGradient(z2)), negativeCosine(p2, stopGradient(z1))), 0.5));
}
