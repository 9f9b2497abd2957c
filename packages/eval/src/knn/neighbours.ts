import type { Exclusion } from './exclusion.js';

/** The nearest rows of a bank, nearest first; equal similarities in the order of the bank. */
export interface Neighbours {
  /** Rows of the bank, `[count, k]`; -1 where a query has fewer than k neighbours. */
  readonly indices: Int32Array;
  /** Cosines, `[count, k]`; NaN where the index is -1. */
  readonly similarities: Float32Array;
  /** Queries. */
  readonly count: number;
  readonly k: number;
}

/** Marks pairs that are masked out; a cosine is never below -1 by more than rounding. */
export const belowEveryCosine = -2;

export function noNeighbours(count: number, k: number): Neighbours {
  return {
    indices: new Int32Array(count * k).fill(-1),
    similarities: new Float32Array(count * k).fill(Number.NaN),
    count,
    k,
  };
}

/** Rows of one block of the bank, best first, numbered from the block's start. */
interface Candidates {
  readonly indices: Int32Array;
  readonly similarities: Float32Array;
}

/**
 * Merges a block's best rows into those found so far for one query, dropping excluded ones. Blocks must come in the
 * order of the bank: what was there first stays first among equals.
 */
export function mergeCandidates(best: Neighbours, query: number, candidates: Candidates, bankStart: number, exclusion: Exclusion): void {
  const { k } = best;
  const start = query * k;
  const oldIndices = best.indices.slice(start, start + k);
  const oldSimilarities = best.similarities.slice(start, start + k);
  let old = 0;
  let fresh = 0;
  for (let filled = 0; filled < k; filled++) {
    while (fresh < candidates.indices.length && excluded(query, bankStart + candidates.indices[fresh]!, candidates.similarities[fresh]!, exclusion)) fresh++;
    const hasOld = old < k && oldIndices[old]! >= 0;
    const hasFresh = fresh < candidates.indices.length;
    if (!hasOld && !hasFresh) return;
    if (hasOld && (!hasFresh || oldSimilarities[old]! >= candidates.similarities[fresh]!)) {
      best.indices[start + filled] = oldIndices[old]!;
      best.similarities[start + filled] = oldSimilarities[old++]!;
    } else {
      best.indices[start + filled] = bankStart + candidates.indices[fresh]!;
      best.similarities[start + filled] = candidates.similarities[fresh++]!;
    }
  }
}

function excluded(query: number, row: number, similarity: number, exclusion: Exclusion): boolean {
  if (exclusion.kind === 'none') return false;
  return similarity <= belowEveryCosine || exclusion.queryKeys[query] === exclusion.bankKeys[row];
}
