import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { stopGradient } from './stop-gradient.js';

/** Options of {@link sinkhorn}. */
export interface SinkhornOptions {
  /** Entropy of the transport: scores are divided by it; above 0. */
  readonly epsilon?: number;
  /** Rounds of normalisation; 0 gives the plain softmax of each row, which nothing keeps from using one prototype for all. */
  readonly iterations?: number;
  /** Weight of each sample, `[samples]`, 0 or more: 0 leaves a row out (an empty queue) without changing shapes. */
  readonly weights?: Tensor1D;
}

/** Defaults of {@link sinkhorn}: SwAV's. */
export const sinkhornDefaults = { epsilon: 0.05, iterations: 3 } as const;

/**
 * Soft assignment of samples to prototypes that uses every prototype equally (Sinkhorn-Knopp).
 *
 * `Q = exp(scores / epsilon)`, then alternately: every prototype's column sums to 1 / K, every sample's row sums to 1 / B.
 * Computed with logarithms, so that no score is too large or too small. No gradient.
 *
 * @param scores Similarity of sample and prototype, `[samples, prototypes]`.
 * @returns Codes `[samples, prototypes]`, rows sum to 1.
 * @throws SslError where epsilon is not above 0 or iterations are no whole number from 0.
 *
 * @example
 * const codes = sinkhorn(tf.tensor2d([[1, 0], [1, 0]])); // both prefer prototype 0, so it is shared: every entry 0.5
 *
 * @see Caron et al., Unsupervised Learning of Visual Features by Contrasting Cluster Assignments (SwAV), equation 3;
 * Cuturi, Sinkhorn Distances, algorithm 1.
 */
export function sinkhorn(scores: Tensor2D, options: SinkhornOptions = {}): Tensor2D {
  const { epsilon, iterations } = { ...sinkhornDefaults, ...options };
  if (!(epsilon > 0) || !Number.isInteger(iterations) || iterations < 0) {
    throw new SslError(`sinkhorn needs an epsilon above 0 and 0, 1, 2 … iterations, got ${epsilon} and ${iterations}. SwAV takes 0.05 and 3.`, { from: '@ssl/core' });
  }
  return tf.tidy(() => codes(stopGradient(scores), epsilon, iterations, options.weights));
}

function codes(scores: Tensor2D, epsilon: number, iterations: number, weights?: Tensor1D): Tensor2D {
  // A row of weight 0 is put so low that no score lifts it; minus infinity would turn into NaN.
  const logWeights = weights && tf.where(tf.greater(weights, 0), tf.log(tf.maximum(weights, 1e-30)), tf.fill(weights.shape, -1e9));
  let logits: Tensor2D = tf.div(scores, epsilon);
  for (let i = 0; i < iterations; i++) {
    const weighted = logWeights ? tf.add(logits, tf.expandDims(logWeights, 1)) : logits;
    logits = tf.sub(logits, tf.logSumExp(weighted, 0, true));
    logits = tf.sub(logits, tf.logSumExp(logits, 1, true));
  }
  return iterations === 0 ? tf.softmax(logits) : tf.exp(logits);
}
