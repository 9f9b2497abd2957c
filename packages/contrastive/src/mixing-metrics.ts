import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';

export interface MixingMetricsInput {
  /** Similarity of each query with its key, `[batch]`. */
  readonly positive: Tensor;
  /** Similarities with the queue, `[batch, queue]`. */
  readonly similarity: Tensor2D;
  /** Similarities with the query's synthetic negatives, `[batch, synthetic]`; far below -1 while they do not take part. */
  readonly synthetic: Tensor2D;
  /** How many negatives of each query count as hard. */
  readonly hardest: number;
}

/**
 * What MoCHi's paper looks at: how similar the hard negatives are, how many of the hardest are synthetic, and how often the key is
 * nearer than all of them (the proxy task of section 4.4).
 */
export function mixingMetrics({ positive, similarity, synthetic, hardest }: MixingMetricsInput): Record<'hardNegativeSimilarity' | 'syntheticSimilarity' | 'syntheticShare' | 'proxyAccuracy', Scalar> {
  const all = tf.concat([similarity, synthetic], 1); // [B, K + S]
  const { values, indices } = tf.topk(all, hardest);
  const isSynthetic = tf.cast(tf.greaterEqual(indices, tf.scalar(similarity.shape[1], 'int32')), 'float32');
  const takesPart = tf.cast(tf.greaterEqual(synthetic, -2), 'float32');
  return {
    hardNegativeSimilarity: tf.mean(tf.topk(similarity, hardest).values),
    syntheticSimilarity: tf.mean(tf.mul(synthetic, takesPart)),
    syntheticShare: tf.mean(isSynthetic),
    proxyAccuracy: tf.mean(tf.cast(tf.greater(positive, tf.max(values, 1)), 'float32')),
  };
}
