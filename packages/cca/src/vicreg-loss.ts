import { requirePositive } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { checkEmbeddings } from './check-embeddings.js';

/** Options of {@link vicregLoss}. */
export interface VicregLossOptions {
  /** Weight of the mean squared distance of the two views; the paper's lambda. */
  readonly invariance?: number;
  /** Weight of the hinge that keeps the standard deviation of every dimension above 1; the paper's mu. */
  readonly variance?: number;
  /** Weight of the squared covariances; the paper's nu. */
  readonly covariance?: number;
  /** Added to a variance before its root is taken. */
  readonly epsilon?: number;
}

/** Defaults of {@link vicregLoss}: the paper's. */
export const vicregLossDefaults = { invariance: 25, variance: 25, covariance: 1, epsilon: 1e-4 } as const;

/** What {@link vicregLoss} gives: scalars. */
export interface VicregLossResult {
  /** The weighted sum; constant embeddings give the weight of the variance term. */
  readonly loss: Scalar;
  /** Mean squared difference of the views, unweighted as the other terms. */
  readonly invariance: Scalar;
  /** Mean over dimensions of `max(0, 1 - deviation)`, averaged over the two views; 1 where the embedding is constant. */
  readonly variance: Scalar;
  /** Sum of squared covariances off the diagonal, over the dimension, added over the two views. */
  readonly covariance: Scalar;
}

/**
 * VICReg: variance, invariance, covariance.
 *
 * `L = invariance s(Z, Z') + variance (v(Z) + v(Z')) / 2 + covariance (c(Z) + c(Z'))`. It mixes samples: give it the whole batch.
 *
 * @param first Embeddings of the first view, `[batch, dimension]`, not normalised.
 * @param second Embeddings of the second view, of the same shape.
 * @returns The loss and its three terms, unweighted.
 * @throws SslError where the shapes differ, the batch has fewer than 2 samples, or epsilon is not above 0.
 *
 * @example
 * const z = tf.tensor2d([[2, 2], [2, -2], [-2, 2], [-2, -2]]);
 * vicregLoss(z, z).loss; // 0: equal views, spread wider than 1, no covariance
 *
 * @see Bardes, Ponce, LeCun, VICReg: Variance-Invariance-Covariance Regularization, equations 1 to 6. Scales are those of
 * the authors' code and of lightly: the variance term is averaged over the views (the paper's equation 6 adds them), the covariance added.
 */
export function vicregLoss(first: Tensor2D, second: Tensor2D, options: VicregLossOptions = {}): VicregLossResult {
  const { epsilon, ...weights } = { ...vicregLossDefaults, ...options };
  checkEmbeddings('vicregLoss', first, second);
  requirePositive(epsilon, 'epsilon', 'vicregLoss', '@ssl/cca');
  return tf.tidy(() => {
    const invariance: Scalar = tf.mean(tf.squaredDifference(first, second));
    const [varianceFirst, covarianceFirst] = regularize(first, epsilon);
    const [varianceSecond, covarianceSecond] = regularize(second, epsilon);
    const variance = tf.mul<Scalar>(tf.add(varianceFirst, varianceSecond), 0.5);
    const covariance = tf.add<Scalar>(covarianceFirst, covarianceSecond);
    const weighted = [tf.mul(invariance, weights.invariance), tf.mul(variance, weights.variance), tf.mul(covariance, weights.covariance)];
    return { loss: tf.addN(weighted) as Scalar, invariance, variance, covariance };
  });
}

/** Variance hinge and covariance penalty of one view. */
function regularize(z: Tensor2D, epsilon: number): [Scalar, Scalar] {
  const [batch, dimension] = z.shape;
  const centred = tf.sub(z, tf.mean(z, 0, true));
  const covariance = tf.div(tf.matMul(centred, centred, true, false), batch - 1); // [D, D]
  const variances = tf.div(tf.sum(tf.square(centred), 0), batch - 1); // [D]
  const hinge = tf.relu(tf.sub(1, tf.sqrt(tf.add(variances, epsilon))));
  const offDiagonal = tf.sub(tf.sum(tf.square(covariance)), tf.sum(tf.square(variances)));
  return [tf.mean(hinge), tf.div(offDiagonal, dimension)];
}
