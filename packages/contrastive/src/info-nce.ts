import { requirePositive, SslError } from '@ssl/core';
import { softmaxCrossEntropy } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** Options of {@link infoNce}. */
export interface InfoNceOptions {
  /** Temperature of the softmax; above 0. */
  readonly temperature?: number;
  /** Similarities of each query with further negatives of its own, `[batch, more]`, not yet divided by the temperature. */
  readonly more?: Tensor2D;
}

/** What {@link infoNce} gives. */
export interface InfoNceResult {
  /** Scalar; ln(1 + negatives) where all similarities are equal. */
  readonly loss: Scalar;
  /** Similarity of each query with its key, `[batch]`. */
  readonly positive: Tensor1D;
  /** Similarity of each query with each shared negative, `[batch, negatives]`. */
  readonly negative: Tensor2D;
}

/** Defaults of {@link infoNce}: MoCo v2's; v1 has 0.07. */
export const infoNceDefaults = { temperature: 0.2 } as const;

/**
 * InfoNCE: each query should find its key among the negatives.
 *
 * `L = -mean_i log( exp(q_i k_i / T) / (exp(q_i k_i / T) + sum_n exp(q_i n / T)) )`. Keys and negatives are targets: stop their
 * gradient before, if there is one.
 *
 * @param queries Unit vectors, `[batch, dimension]`.
 * @param keys Unit vectors, row i belongs to query i, `[batch, dimension]`.
 * @param negatives Unit vectors shared by all queries, such as MoCo's queue, `[negatives, dimension]`.
 * @returns The loss, and the similarities that it compares, not divided by the temperature.
 * @throws SslError where the shapes do not fit or the temperature is not above 0.
 *
 * @example
 * const q = tf.tensor2d([[1, 0]]);
 * infoNce(q, q, tf.tensor2d([[0, 1]]), { temperature: 1 }).loss; // -ln(e / (e + 1)) = 0.3133
 *
 * @see He et al., Momentum Contrast for Unsupervised Visual Representation Learning, equation 1.
 */
export function infoNce(queries: Tensor2D, keys: Tensor2D, negatives: Tensor2D, options: InfoNceOptions = {}): InfoNceResult {
  const { temperature, more } = { ...infoNceDefaults, ...options };
  if (queries.shape[0] !== keys.shape[0] || queries.shape[1] !== keys.shape[1] || queries.shape[1] !== negatives.shape[1]) {
    const shapes = [queries, keys, negatives].map(({ shape }) => `[${shape.join(', ')}]`).join(', ');
    throw new SslError(
      `infoNce needs queries and keys [batch, dimension] and negatives [negatives, dimension], got ${shapes}. Check the head's dimension.`,
      { from: '@ssl/contrastive' },
    );
  }
  requirePositive(temperature, 'a temperature', 'infoNce', '@ssl/contrastive');
  return tf.tidy(() => {
    const positive = tf.sum<Tensor1D>(tf.mul(queries, keys), 1); // [B]
    const negative = tf.matMul<Tensor2D>(queries, negatives, false, true); // [B, K]
    const logits = tf.div<Tensor2D>(tf.concat([tf.expandDims(positive, 1), negative, ...(more ? [more] : [])], 1), temperature);
    const [batch, choices] = logits.shape;
    const labels = tf.concat([tf.ones([batch, 1]), tf.zeros([batch, choices - 1])], 1) as Tensor2D;
    return { loss: tf.mean<Scalar>(softmaxCrossEntropy(logits, labels)), positive, negative };
  });
}
