import { requirePositive } from '@ssl/core';
import { stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { checkEmbeddings } from './check-embeddings.js';

/** Options of {@link barlowTwinsLoss}. */
export interface BarlowTwinsLossOptions {
  /** Weight of the redundancy term against the invariance term; the paper's lambda, 0 or more. */
  readonly lambda?: number;
  /** Factor on the loss; solo-learn uses .1 with its rates. */
  readonly scale?: number;
  /** Added to the variance of each dimension before its root is taken, as batch norm does. */
  readonly epsilon?: number;
}

/** Defaults of {@link barlowTwinsLoss}: the paper's. */
export const barlowTwinsLossDefaults = { lambda: 0.0051, scale: 1, epsilon: 1e-5 } as const;

/** What {@link barlowTwinsLoss} gives: scalars. */
export interface BarlowTwinsLossResult {
  /** Identical, decorrelated views give 0; constant embeddings give `scale` times the dimension. */
  readonly loss: Scalar;
  /** `sum_i (1 - C_ii)^2`, not scaled. */
  readonly invariance: Scalar;
  /** `sum_i sum_{j != i} C_ij^2`, not scaled. */
  readonly redundancy: Scalar;
}

/**
 * Barlow Twins: the cross-correlation of two views' embeddings should be the identity matrix.
 *
 * `L = scale (sum_i (1 - C_ii)^2 + lambda sum_i sum_{j != i} C_ij^2)`, where `C_ij` is the correlation, over the batch, of dimension i of
 * the first view with dimension j of the second. It mixes samples: give it the whole batch.
 *
 * @param first Embeddings of the first view, `[batch, dimension]`, not normalised.
 * @param second Embeddings of the second view, of the same shape.
 * @returns The loss and its two sums.
 * @throws SslError where the shapes differ, the batch has fewer than 2 samples, or epsilon is not above 0.
 *
 * @example
 * const z = tf.tensor2d([[1, 1], [1, -1], [-1, 1], [-1, -1]]);
 * barlowTwinsLoss(z, z).loss; // about 0: two equal views, no two dimensions correlated
 *
 * @see Zbontar et al., Barlow Twins: Self-Supervised Learning via Redundancy Reduction, equations 1 and 2.
 */
export function barlowTwinsLoss(first: Tensor2D, second: Tensor2D, options: BarlowTwinsLossOptions = {}): BarlowTwinsLossResult {
  const { lambda, scale, epsilon } = { ...barlowTwinsLossDefaults, ...options };
  checkEmbeddings('barlowTwinsLoss', first, second);
  requirePositive(epsilon, 'epsilon', 'barlowTwinsLoss', '@ssl/cca');
  return tf.tidy(() => {
    const [batch, dimension] = first.shape;
    const correlation = tf.div(tf.matMul(standardize(first, epsilon), standardize(second, epsilon), true, false), batch); // [D, D]
    const identity = tf.eye(dimension);
    const squares = tf.square(tf.sub(correlation, identity));
    const onDiagonal = tf.mul(squares, stopGradient(identity));
    const [invariance, redundancy] = [tf.sum<Scalar>(onDiagonal), tf.sum<Scalar>(tf.sub(squares, onDiagonal))];
    return { loss: tf.mul<Scalar>(tf.add(invariance, tf.mul(redundancy, lambda)), scale), invariance, redundancy };
  });
}

/** Zero mean and unit variance of every dimension over the batch. */
function standardize(z: Tensor2D, epsilon: number): Tensor2D {
  const centred = tf.sub(z, tf.mean(z, 0, true));
  const variance = tf.mean(tf.square(centred), 0, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
}
