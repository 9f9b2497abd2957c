import { requirePositive } from '@ssl/core';
import { l2Normalize, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

/** Options of {@link koleoLoss}. */
export interface KoleoLossOptions {
  /** Keeps the logarithm finite where two features coincide; above 0. */
  readonly epsilon?: number;
}

/** Defaults of {@link koleoLoss}: those of DINOv2's code. */
export const koleoLossDefaults = { epsilon: 1e-8 } as const;

/**
 * KoLeo: spreads the features of a batch evenly, by pushing each away from its nearest neighbour.
 *
 * `L = -mean_i log( min_{j != i} |x_i - x_j| )` over features of unit length. It mixes samples: give it the whole batch.
 *
 * @param features `[batch, dimension]`; scaled to unit length here.
 * @returns A scalar; 0 for a batch of 1, which has no neighbours.
 * @throws SslError where epsilon is not above 0.
 * @example
 * koleoLoss(tf.tensor2d([[1, 0], [0, 1]])); // -ln(sqrt(2)) = -0.3466
 *
 * @see Sablayrolles et al., Spreading vectors for similarity search, equation 2; Oquab et al., DINOv2, section 4.
 */
export function koleoLoss(features: Tensor2D, options: KoleoLossOptions = {}): Scalar {
  const { epsilon } = { ...koleoLossDefaults, ...options };
  requirePositive(epsilon, 'epsilon', 'koleoLoss', '@ssl/distill');
  return tf.tidy(() => {
    const batch = features.shape[0];
    if (batch < 2) return tf.mul(tf.sum(features), 0); // connected, so that the gradient is 0 and not missing
    const x = l2Normalize(features) as Tensor2D;
    const similarity = tf.sub(tf.matMul(stopGradient(x), stopGradient(x), false, true), tf.mul(tf.eye(batch), 3));
    const nearest = tf.gather(x, tf.argMax(similarity, 1) as tf.Tensor1D);
    // PyTorch's PairwiseDistance adds epsilon to each difference: the root has a gradient at coinciding features too.
    const distance = tf.sqrt(tf.sum(tf.square(tf.add(tf.sub(x, nearest), epsilon)), 1));
    return tf.neg(tf.mean(tf.log(tf.add(distance, epsilon))));
  });
}
