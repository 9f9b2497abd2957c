import { childSeed, SslError } from '@ssl/core';
import type { LabelledFeatures } from '../features/features.js';
import { takeRows } from '../features/take-rows.js';

export interface SplitByGroupOptions {
  /** Part of each class that is held out, above 0 and below 1. */
  readonly share?: number;
  /** Where the share of every class is less than half a group: hold out one group of each class that has two, in place of none. */
  readonly atLeastOne?: boolean;
  readonly seed?: number;
}

export const splitByGroupDefaults = { share: 0.2, atLeastOne: false, seed: 0 } as const satisfies SplitByGroupOptions;

/**
 * Splits labelled features in two, class by class, so that a group is never on both sides: what a probe learns of one drawing of a concept
 * must not answer for another drawing of it.
 *
 * @returns `train` and `held`, and the rows of each. Rows in no group are split one by one.
 * @throws SslError for a share outside 0..1, or where one side stays empty.
 */
export function splitByGroup(
  features: LabelledFeatures,
  options: SplitByGroupOptions = {},
): { readonly train: LabelledFeatures; readonly held: LabelledFeatures; readonly trainRows: Int32Array; readonly heldRows: Int32Array } {
  const { trainRows, heldRows } = splitRowsByGroup(features, options);
  return { train: takeRows(features, trainRows), held: takeRows(features, heldRows), trainRows, heldRows };
}

/**
 * The rows of {@link splitByGroup} alone, for images that are not embedded yet.
 *
 * @throws SslError for a share outside 0..1, or where one side stays empty.
 */
export function splitRowsByGroup(
  labelled: Pick<LabelledFeatures, 'labels' | 'groups' | 'count'>,
  options: SplitByGroupOptions = {},
): { readonly trainRows: Int32Array; readonly heldRows: Int32Array } {
  const { share, atLeastOne, seed } = { ...splitByGroupDefaults, ...options };
  const trainRows: number[] = [];
  const heldRows: number[] = [];
  const classes = [...groupsOfClasses(labelled).values()].map((groups) => groups.map((rows) => ({ rows, key: childSeed(seed, rows[0]!) })).sort((a, b) => a.key - b.key));
  for (const drawn of classes) {
    const total = drawn.reduce((sum, { rows }) => sum + rows.length, 0);
    let held = 0;
    for (const { rows } of drawn) {
      const side = held + rows.length / 2 <= share * total ? heldRows : trainRows;
      if (side === heldRows) held += rows.length;
      for (const row of rows) side.push(row);
    }
  }
  if (heldRows.length === 0 && atLeastOne) {
    const firsts = new Set(classes.flatMap((drawn) => (drawn.length > 1 ? drawn[0]!.rows : [])));
    heldRows.push(...firsts);
    trainRows.splice(0, trainRows.length, ...trainRows.filter((row) => !firsts.has(row)));
  }
  if (!(share > 0 && share < 1) || trainRows.length === 0 || heldRows.length === 0) {
    throw new SslError(
      `a split needs a share between 0 and 1 and groups for both sides, got share ${String(share)}, ${String(trainRows.length)} rows for training and ${String(heldRows.length)} held out. ` +
        'Choose another share, or give test images of your own.',
      { from: '@ssl/eval' },
    );
  }
  const [train, held] = [trainRows, heldRows].map((rows) => Int32Array.from(rows).sort()) as [Int32Array, Int32Array];
  return { trainRows: train, heldRows: held };
}

/** For each class its groups of rows; a group belongs to the class of its first row. */
function groupsOfClasses({ labels, groups, count }: Pick<LabelledFeatures, 'labels' | 'groups' | 'count'>): Map<number, number[][]> {
  const classes = new Map<number, number[][]>();
  const known = new Map<number, number[]>();
  for (let row = 0; row < count; row++) {
    const group = groups?.[row] ?? -1;
    const mates = group < 0 ? undefined : known.get(group);
    if (mates !== undefined) {
      mates.push(row);
      continue;
    }
    const rows = [row];
    if (group >= 0) known.set(group, rows);
    const label = labels[row]!;
    const list = classes.get(label);
    if (list === undefined) classes.set(label, [rows]);
    else list.push(rows);
  }
  return classes;
}
