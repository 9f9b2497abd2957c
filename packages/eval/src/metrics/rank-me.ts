import type { Features } from '../features/features.js';
import { singularValues } from './singular-values.js';

export interface RankMeOptions {
  /** Added to each normalised singular value. */
  readonly epsilon?: number;
}

/** The paper's, for features in single precision. */
export const rankMeDefaults = { epsilon: 1e-7 } as const satisfies RankMeOptions;

/**
 * Effective rank of the features: how many directions they really use, from 1 (collapsed) to `min(count, dimension)`.
 *
 * `RankMe(Z) = exp(-sum_k p_k log p_k)` with `p_k = sigma_k(Z) / sum_j sigma_j(Z) + epsilon`.
 *
 * Compare runs at the same number of images and on the same features; the paper uses 25,600 images. The cost grows with
 * `count * dimension ** 2`.
 *
 * @param features `[count, dimension]`, not centred.
 * @throws SslError for features that are not finite (rows named).
 * @example
 * rankMe({ values: Float32Array.of(1, 0, 0, 1), count: 2, dimension: 2 }); // about 2
 * @see Garrido et al. 2023, "RankMe: Assessing the Downstream Performance of Pretrained Self-Supervised Representations by Their Rank", equation 1.
 */
export function rankMe(features: Features, options: RankMeOptions = {}): number {
  const { epsilon } = { ...rankMeDefaults, ...options };
  const sigma = singularValues(features);
  const sum = sigma.reduce((total, value) => total + value, 0);
  if (sum === 0) return 1; // all zero: the whole of nothing in one direction
  const entropy = sigma.reduce((total, value) => {
    const p = value / sum + epsilon;
    return total - p * Math.log(p);
  }, 0);
  return Math.exp(entropy);
}
