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

export function noNeighbours(count: number, k: number): Neighbours {
  return {
    indices: new Int32Array(count * k).fill(-1),
    similarities: new Float32Array(count * k).fill(Number.NaN),
    count,
    k,
  };
}

/**
 * Puts a row among the k nearest of a query if it is nearer than the last of them. Rows must come in the order of the bank:
 * what was there first stays first among equals.
 */
export function insertNeighbour({ indices, similarities, k }: Neighbours, query: number, row: number, similarity: number): void {
  const first = query * k;
  let place = first + k - 1;
  if (similarity <= similarities[place]!) return;
  // Empty places hold NaN, which is not as near as anything.
  for (; place > first && !(similarities[place - 1]! >= similarity); place--) {
    similarities[place] = similarities[place - 1]!;
    indices[place] = indices[place - 1]!;
  }
  similarities[place] = similarity;
  indices[place] = row;
}
