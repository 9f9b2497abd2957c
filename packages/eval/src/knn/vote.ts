import { SslError } from '@ssl/core';
import type { Neighbours } from './neighbours.js';

export interface VoteOptions {
  /** Neighbours that vote, at most those that were searched; all if left out. */
  readonly k?: number;
  /** 'exponential': a vote weighs `exp(s / temperature)`; 'uniform': every neighbour counts alike. */
  readonly weighting?: 'exponential' | 'uniform';
  /** Of the exponential weighting, above 0. */
  readonly temperature?: number;
}

export const voteDefaults = { weighting: 'exponential', temperature: 0.07 } as const satisfies VoteOptions;

export interface VoteResult {
  /** The class with most votes, `[count]`; -1 where a query has no neighbour. */
  readonly predictions: Int32Array;
  /** The up to five classes with most votes, best first, `[count, 5]`; -1 where fewer got a vote. */
  readonly ranked: Int32Array;
}

/** Classes kept for the top-5 accuracy. */
export const rankedClasses = 5;

/**
 * Classes by the votes of the nearest neighbours.
 *
 * `votes(c) = sum over neighbours i of class c of exp(s_i / T)`, or their number. Of classes with equal votes the one with the nearest
 * neighbour wins.
 *
 * @param neighbours From {@link nearestNeighbours}.
 * @param labels Classes of the bank's rows, from 0.
 * @throws SslError for a temperature that is not above 0 or more voters than were searched.
 * @see Wu et al. 2018, "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", section 3.4; temperature as in DINO's eval_knn.py.
 */
export function vote(neighbours: Neighbours, labels: ArrayLike<number>, options: VoteOptions = {}): VoteResult {
  const { k = neighbours.k, weighting, temperature } = { ...voteDefaults, ...options };
  if (!(temperature > 0) || !Number.isInteger(k) || k < 1 || k > neighbours.k) {
    throw new SslError(
      `a vote needs a temperature above 0 and k of 1..${String(neighbours.k)} (the neighbours that were searched), got temperature ${String(temperature)} and k ${String(k)}. ` +
        'Use temperature 0.07 as DINO does, and search more neighbours for a larger k.',
      { from: '@ssl/eval' },
    );
  }
  const predictions = new Int32Array(neighbours.count).fill(-1);
  const ranked = new Int32Array(neighbours.count * rankedClasses).fill(-1);
  for (let query = 0; query < neighbours.count; query++) {
    const start = query * neighbours.k;
    const nearest = neighbours.similarities[start]!;
    const votes = new Map<number, number>(); // in the order of the nearest neighbour of each class
    for (let i = start; i < start + k && neighbours.indices[i]! >= 0; i++) {
      const label = labels[neighbours.indices[i]!]!;
      // Relative to the nearest one: the same ranking, and no overflow at small temperatures.
      const weight = weighting === 'uniform' ? 1 : Math.exp((neighbours.similarities[i]! - nearest) / temperature);
      votes.set(label, (votes.get(label) ?? 0) + weight);
    }
    const best = [...votes].sort((a, b) => b[1] - a[1]).slice(0, rankedClasses); // stable
    best.forEach(([label], rank) => {
      ranked[query * rankedClasses + rank] = label;
    });
    predictions[query] = best[0]?.[0] ?? -1;
  }
  return { predictions, ranked };
}
