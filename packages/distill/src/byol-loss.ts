import { stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { negativeCosine } from './negative-cosine.js';

/** What the two networks say of the two views, each `[batch, dimension]`. */
export interface PredictionPair {
  /** The online network's predictions of view 1 and view 2. */
  readonly predictions: readonly [Tensor2D, Tensor2D];
  /** The target's projections of view 1 and view 2; no gradient flows into them. */
  readonly targets: readonly [Tensor2D, Tensor2D];
}

/**
 * BYOL: the prediction of one view meets the target network's projection of the other, both ways.
 *
 * `L = mean_i |p1_i/|p1_i| - z2_i/|z2_i||^2 + |p2_i/|p2_i| - z1_i/|z1_i||^2 = 4 - 2 cos(p1, z2) - 2 cos(p2, z1)`.
 *
 * @returns A scalar from 0 to 8; a constant embedding gives 0 too, so watch the spread.
 * @throws SslError where a prediction and its target differ in shape.
 * @example
 * const v = tf.tensor2d([[1, 0]]);
 * byolLoss({ predictions: [v, v], targets: [v, v] }); // 0
 *
 * @see Grill et al., Bootstrap Your Own Latent, equation 2.
 */
export function byolLoss({ predictions: [p1, p2], targets: [z1, z2] }: PredictionPair): Scalar {
  return tf.tidy(() => {
    const cosines = tf.add(negativeCosine(p1, stopGradient(z2)), negativeCosine(p2, stopGradient(z1)));
    return tf.add(tf.mul(cosines, 2), 4);
  });
}
