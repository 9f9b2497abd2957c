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

/** Temperature of the ResNet recipe; the ViT recipe takes 0.2. */
export const mocoV3LossDefaults = { temperature: 1 } as const;

/**
 * MoCo v3's symmetric contrastive loss: the prediction from one view must find the key of the other among the keys of the batch.
 *
 * `L = 2 T (ctr(q1, k2) + ctr(q2, k1))` with `ctr(q, k) = -mean_i log( exp(q_i k_i / T) / sum_j exp(q_i k_j / T) )`, all vectors at
 * unit length.
 *
 * @returns A scalar; 4 T ln(batch) where all similarities are equal.
 * @throws SslError where the shapes differ or the temperature is not above 0.
 * @example
 * const v = tf.tensor2d([[1, 0], [0, 1]]);
 * mocoV3Loss({ queries: [v, v], keys: [v, v], temperature: 1 }); // -4 ln(e / (e + 1)) = 1.2530
 *
 * @see Chen et al., An Empirical Study of Training Self-Supervised Vision Transformers, equation 1 and algorithm 1.
 */
export function mocoV3Loss({ queries, keys, temperature = mocoV3LossDefaults.temperature }: MocoV3LossInput): Scalar {
  const shapes = new Set([...queries, ...keys].map(({ shape }) => `[${shape.join(', ')}]`));
  if (shapes.size !== 1 || queries[0].rank !== 2) {
    throw new SslError(
      `mocoV3Loss needs two queries and two keys of one shape [batch, dimension], got ${[...shapes].join(' and ')}. Give row i of all to image i.`,
      { from: '@ssl/contrastive' },
    );
  }
  requirePositive(temperature, 'a temperature', 'mocoV3Loss', '@ssl/contrastive');
  return tf.tidy(() => {
    const contrast = (query: Tensor2D, key: Tensor2D): Scalar => {
      const logits = tf.div<Tensor2D>(batchSimilarity(query, key), temperature);
      return tf.mean(softmaxCrossEntropy(logits, tf.eye(logits.shape[0])));
    };
    const both = tf.add<Scalar>(contrast(queries[0], keys[1]), contrast(queries[1], keys[0]));
    return tf.mul(both, 2 * temperature);
  });
}

/** Cosine of every query with every key, `[batch, batch]`. */
export function batchSimilarity(query: Tensor2D, key: Tensor2D): Tensor2D {
  return tf.matMul(l2Normalize(query) as Tensor2D, l2Normalize(stopGradient(key)) as Tensor2D, false, true);
}
