import { SslError } from '@ssl/core';
import type { GroupedFeatures } from './nearest-neighbours.js';

/** Which rows of the bank are no neighbours of a query: those with its key. */
export type Exclusion =
  | { readonly kind: 'none'; readonly extra: 0 }
  | {
      /**
       * 'drop': pass over excluded rows among the nearest `k + extra`, exact because no query excludes more than `extra`.
       * 'mask': mask them before the search, for large groups.
       */
      readonly kind: 'drop' | 'mask';
      readonly extra: number;
      readonly queryKeys: Int32Array;
      readonly bankKeys: Int32Array;
    };

/** Above this many excluded rows of one query, masking all pairs is cheaper than passing over them. */
const mostRowsToDrop = 64;

/** Similarity of pairs that are masked out; a cosine is never below -1 by more than rounding. */
export const belowEveryCosine = -2;

/** True for a pair that is masked, or whose rows have one key. */
export function isExcluded(exclusion: Exclusion, query: number, row: number, similarity: number): boolean {
  if (exclusion.kind === 'none') return false;
  return similarity <= belowEveryCosine || exclusion.queryKeys[query] === exclusion.bankKeys[row];
}

/** Keys of queries and bank; without queries each row excludes at least itself. */
export function exclusionKeys(bank: GroupedFeatures, queries: GroupedFeatures | undefined, excludeSameGroup: boolean): Exclusion {
  checkGroups(bank, 'bank');
  if (queries !== undefined) checkGroups(queries, 'query');
  const grouped = excludeSameGroup && bank.groups !== undefined;
  if (queries !== undefined && (!grouped || queries.groups === undefined)) return { kind: 'none', extra: 0 };

  // Rows in no group get a key of their own, so that only the row itself is excluded; a query from elsewhere excludes nothing.
  const groups = grouped ? bank.groups : new Int32Array(bank.count).fill(-1);
  const names = new Map<number, number>();
  const bankKeys = groups!.map((group, row) => (group < 0 ? -1 - row : keyOf(group, names)));
  const queryKeys = queries === undefined ? bankKeys : queries.groups!.map((group) => (group < 0 ? noKey : keyOf(group, names)));

  const sizes = new Map<number, number>();
  for (const key of bankKeys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
  let extra = 0;
  for (const key of queryKeys) extra = Math.max(extra, sizes.get(key) ?? 0);
  return extra > mostRowsToDrop ? { kind: 'mask', extra: 0, queryKeys, bankKeys } : { kind: 'drop', extra, queryKeys, bankKeys };
}

const noKey = -2_147_483_648;

function keyOf(group: number, names: Map<number, number>): number {
  const key = names.get(group) ?? names.size;
  names.set(group, key);
  return key;
}

function checkGroups({ groups, count }: GroupedFeatures, what: string): void {
  if (groups !== undefined && groups.length !== count) {
    throw new SslError(
      `${what} groups need one number for each of the ${String(count)} rows, got ${String(groups.length)}. Give -1 to rows in no group.`,
      { from: '@ssl/eval' },
    );
  }
}
