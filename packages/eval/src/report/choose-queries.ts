import { childSeed } from '@ssl/core';

export interface ChooseQueriesInput {
  /** Images to choose from. */
  readonly count: number;
  /** How many to choose. */
  readonly queries: number;
  /** Class of each image: classes are then served in turn. */
  readonly labels?: ArrayLike<number>;
  readonly seed: number;
}

/**
 * Rows for pictures, drawn by a seed and not by hand, so that a report cannot flatter: one image of each class in turn until there are enough.
 *
 * @returns Different rows; fewer than asked for where there are fewer images.
 * @example
 * chooseQueries({ count: 100, queries: 8, seed: 0 });
 */
export function chooseQueries({ count, queries, labels, seed }: ChooseQueriesInput): number[] {
  const classes = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const label = labels?.[row] ?? 0;
    const rows = classes.get(label);
    if (rows === undefined) classes.set(label, [row]);
    else rows.push(row);
  }
  const shuffled = [...classes]
    .sort(([a], [b]) => a - b)
    .map(([, rows]) => rows.map((row) => ({ row, key: childSeed(seed, row) })).sort((a, b) => a.key - b.key));
  const chosen: number[] = [];
  for (let turn = 0; chosen.length < Math.min(queries, count); turn++) {
    for (const rows of shuffled) {
      const next = rows[turn];
      if (next !== undefined && chosen.length < queries) chosen.push(next.row);
    }
  }
  return chosen;
}
