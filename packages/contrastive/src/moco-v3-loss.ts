import { requirePositive, SslError } from '@ssl/core';
import { l2Normalize, softmaxCrossEntropy, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';

/** What {@link mocoV3Loss} compares. */
export interface MocoV3LossInput {
  /** Predictions of the query network for view 1 and view 2, each `[batch, dimension]`. */
  readonly queries: readonly [Tensor2D, Tensor2D];
  /** Projections of the momentum network for view 1 and view 2, each `[batch, dimension]`; no gradient flows into them. */
  readonly keys: readonly [Tensor2D, Tensor2D];
  /** Temperature of the softmax; above 0. */
  readonly temperature?: number;
}

/** What {@link mocoV3Loss} gives, from the queries of view 1 and the keys of view 2 for all but the loss. */
export interface MocoV3LossResult {
  /** Scalar; 4 T ln(batch) where all similarities are equal. */
  readonly loss: Scalar;
  /** Share of the queries whose own key is the nearest of the batch, from 0 to 1. */
  readonly accuracy: Scalar;
  /** Mean cosine similarity of a query and its key, from -1 to 1. */
  readonly positiveSimilarity: Scalar;
}

/** Temperature of the ResNet recipe; the ViT recipe takes 0.2. */
export const mocoV3LossDefaults = { temperature: 1 } as const;

/**
 * MoCo v3's symmetric contrastive loss: the prediction from one view must find the key of the other among the keys of the batch.
 *
 * `L = 2 T (ctr(q1, k2) + ctr(q2, k1))` with `ctr(q, k) = -mean_i log( exp(q_i k_i / T) / sum_j exp(q_i k_j / T) )`, all vectors at
 * unit length.
 *
 * @returns The loss, and for logs how often a query finds its key and how similar they are; scalars.
 * @throws SslError where the shapes differ or the temperature is not above 0.
 * @example
 * const v = tf.tensor2d([[1, 0], [0, 1]]);
 * mocoV3Loss({ queries: [v, v], keys: [v, v], temperature: 1 }).loss; // -4 ln(e / (e + 1)) = 1.2530
 *
 * @see Chen et al., An Empirical Study of Training Self-Supervised Vision Transformers, equation 1 and algorithm 1.
 */
export function mocoV3Loss({ queries, keys, temperature = mocoV3LossDefaults.temperature }: MocoV3LossInput): MocoV3LossResult {
  const shapes = new Set([...queries, ...keys].map(({ shape }) => `[${shape.join(', ')}]`));
  if (shapes.size !== 1 || queries[0].rank !== 2) {
    throw new SslError(
      `mocoV3Loss needs two queries and two keys of one shape [batch, dimension], got ${[...shapes].join(' and ')}. Give row i of all to image i.`,
      { from: '@ssl/contrastive' },
    );
  }
  requirePositive(temperature, 'a temperature', 'mocoV3Loss', '@ssl/contrastive');
  return tf.tidy(() => {
    const own = tf.eye(queries[0].shape[0]);
    const similarity = batchSimilarity(queries[0], keys[1]);
    const contrast = (similarities: Tensor2D): Scalar => tf.mean(softmaxCrossEntropy(tf.div(similarities, temperature), own));
    const both = tf.add<Scalar>(contrast(similarity), contrast(batchSimilarity(queries[1], keys[0])));
    const positive = tf.sum(tf.mul(similarity, own), 1); // [batch]
    return {
      loss: tf.mul<Scalar>(both, 2 * temperature),
      accuracy: tf.mean<Scalar>(tf.cast(tf.greaterEqual(positive, tf.max(similarity, 1)), 'float32')),
      positiveSimilarity: tf.mean<Scalar>(positive),
    };
  });
}

/** Cosine of every query with every key, `[batch, batch]`. */
function batchSimilarity(query: Tensor2D, key: Tensor2D): Tensor2D {
  return tf.matMul(l2Normalize(query) as Tensor2D, l2Normalize(stopGradient(key)) as Tensor2D, false, true);
}
