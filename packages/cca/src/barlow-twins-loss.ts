import { requirePositive } from '@ssl/core';
import { stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { checkEmbeddings } from './check-embeddings.js';

/** Options of {@link barlowTwinsLoss}. */
export interface BarlowTwinsLossOptions {
  /** Weight of the redundancy term against the invariance term; the paper's lambda, 0 or more. */
  readonly lambda?: number;
  /** Added to the variance of each dimension before its root is taken, as batch norm does. */
  readonly epsilon?: number;
}

/** Defaults of {@link barlowTwinsLoss}: the paper's. */
export const barlowTwinsLossDefaults = { lambda: 0.0051, epsilon: 1e-5 } as const;

/**
 * Barlow Twins: the cross-correlation of two views' embeddings should be the identity matrix.
 *
 * `L = sum_i (1 - C_ii)^2 + lambda sum_i sum_{j != i} C_ij^2`, where `C_ij` is the correlation, over the batch, of dimension i of
 * the first view with dimension j of the second. It mixes samples: give it the whole batch.
 *
 * @param first Embeddings of the first view, `[batch, dimension]`, not normalised.
 * @param second Embeddings of the second view, of the same shape.
 * @returns A scalar. Identical, decorrelated views give 0; constant embeddings give the dimension.
 * @throws SslError where the shapes differ, the batch has fewer than 2 samples, or epsilon is not above 0.
 *
 * @example
 * const z = tf.tensor2d([[1, 1], [1, -1], [-1, 1], [-1, -1]]);
 * barlowTwinsLoss(z, z); // about 0: two equal views, no two dimensions correlated
 *
 * @see Zbontar et al., Barlow Twins: Self-Supervised Learning via Redundancy Reduction, equations 1 and 2.
 */
export function barlowTwinsLoss(first: Tensor2D, second: Tensor2D, options: BarlowTwinsLossOptions = {}): Scalar {
  checkEmbeddings('barlowTwinsLoss', first, second);
  const { lambda, epsilon } = { ...barlowTwinsLossDefaults, ...options };
  return tf.tidy(() => {
    const { invariance, redundancy } = barlowTwinsTerms(first, second, { epsilon });
    return tf.add<Scalar>(invariance, tf.mul(redundancy, lambda));
  });
}

/**
 * The two sums of {@link barlowTwinsLoss}: `invariance = sum_i (1 - C_ii)^2`, `redundancy = sum_(i != j) C_ij^2`, with C the
 * cross-correlation of the two views over the batch.
 *
 * @throws SslError where the shapes differ or the batch has fewer than 2 samples.
 */
export function barlowTwinsTerms(first: Tensor2D, second: Tensor2D, { epsilon }: { readonly epsilon: number }): { invariance: Scalar; redundancy: Scalar } {
  checkEmbeddings('barlowTwinsLoss', first, second);
  requirePositive(epsilon, 'epsilon', 'barlowTwinsLoss', '@ssl/cca');
  const [batch, dimension] = first.shape;
  const correlation = tf.div(tf.matMul(standardize(first, epsilon), standardize(second, epsilon), true, false), batch); // [D, D]
  const identity = tf.eye(dimension);
  const squares = tf.square(tf.sub(correlation, identity));
  const onDiagonal = tf.mul(squares, stopGradient(identity));
  return { invariance: tf.sum(onDiagonal), redundancy: tf.sum(tf.sub(squares, onDiagonal)) };
}

/** Zero mean and unit variance of every dimension over the batch. */
function standardize(z: Tensor2D, epsilon: number): Tensor2D {
  const centred = tf.sub(z, tf.mean(z, 0, true));
  const variance = tf.mean(tf.square(centred), 0, true);
  return tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
}
