import { foldIn, SslError } from '@ssl/core';
import { l2Normalize, randomIntegers, randomUniform, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/** Options of {@link mixHardNegatives}. */
export interface MixHardNegativesOptions {
  /** How many of the hardest negatives of each query are mixed; the paper's N. */
  readonly hardest?: number;
  /** Synthetic negatives that mix two hard ones; the paper's s. */
  readonly mixed?: number;
  /** Synthetic negatives that mix a hard one with the query itself; the paper's s'. */
  readonly mixedWithQuery?: number;
}

/** Defaults of {@link mixHardNegatives}: the paper's for a queue of 16,384. */
export const mixHardNegativesDefaults = { hardest: 1024, mixed: 1024, mixedWithQuery: 128 } as const;

/**
 * Synthetic hard negatives for each query (MoCHi).
 *
 * Of the `hardest` negatives n of a query q: `h = a n_i + (1 - a) n_j` with a from U(0, 1), and `h' = b q + (1 - b) n` with b from
 * U(0, 0.5), both scaled to unit length. No gradient flows through them, the query's part included.
 *
 * @param queries Unit vectors, `[batch, dimension]`.
 * @param negatives Unit vectors, `[negatives, dimension]`.
 * @param key Random key, int32 `[2]`.
 * @returns `[batch, mixed + mixedWithQuery, dimension]`, unit vectors.
 * @throws SslError where more hard negatives are asked for than there are, or no synthetic ones.
 *
 * @example
 * const [queries, queue] = [tf.tensor2d([[1, 0]]), tf.tensor2d([[0, 1], [0.6, 0.8], [-1, 0]])];
 * mixHardNegatives(queries, queue, randomKey(0, 0, 'mix'), { hardest: 2, mixed: 3, mixedWithQuery: 1 }).shape; // [1, 4, 2]
 *
 * @see Kalantidis et al., Hard Negative Mixing for Contrastive Learning, equations 2 to 4.
 */
export function mixHardNegatives(
  queries: Tensor2D,
  negatives: Tensor2D,
  key: Tensor1D,
  options: MixHardNegativesOptions = {},
): Tensor3D {
  const { hardest, mixed, mixedWithQuery } = { ...mixHardNegativesDefaults, ...options };
  if (!Number.isInteger(hardest) || hardest < 1 || hardest > negatives.shape[0]) {
    throw new SslError(
      `mixHardNegatives takes from 1 to ${negatives.shape[0]} of the ${negatives.shape[0]} negatives, got hardest = ${hardest}. Lower it or use a longer queue.`,
      { from: '@ssl/contrastive' },
    );
  }
  if (![mixed, mixedWithQuery].every((count) => Number.isInteger(count) && count >= 0) || mixed + mixedWithQuery < 1) {
    throw new SslError(
      `mixHardNegatives needs whole numbers of synthetic negatives, at least one, got mixed = ${mixed} and mixedWithQuery = ${mixedWithQuery}. Without mixing take mocoV2.`,
      { from: '@ssl/contrastive' },
    );
  }
  return tf.tidy(() => {
    const [q, n] = [stopGradient(queries), stopGradient(negatives)];
    const { indices } = tf.topk(tf.matMul(q, n, false, true), hardest); // [B, N], hardest first
    const draw = (count: number, purpose: string): Tensor3D => {
      const choice = randomIntegers([q.shape[0], count], foldIn(key, purpose), 0, hardest) as Tensor2D;
      return tf.gather<tf.Tensor>(n, tf.gather(indices, choice, 1, 1)) as Tensor3D; // [B, count, D]
    };
    const weight = (count: number, purpose: string, maximum: number) =>
      randomUniform([q.shape[0], count, 1], foldIn(key, purpose), 0, maximum);
    const mix = (a: tf.Tensor, b: tf.Tensor, share: tf.Tensor) => tf.add(tf.mul(a, share), tf.mul(b, tf.sub(1, share)));
    const parts: tf.Tensor[] = [];
    if (mixed > 0) parts.push(mix(draw(mixed, 'first'), draw(mixed, 'second'), weight(mixed, 'alpha', 1)));
    if (mixedWithQuery > 0) {
      parts.push(mix(tf.expandDims(q, 1), draw(mixedWithQuery, 'with query'), weight(mixedWithQuery, 'beta', 0.5)));
    }
    return stopGradient(l2Normalize(tf.concat(parts, 1))) as Tensor3D;
  });
}
