import { SslError } from '@ssl/core';
import { nameRows } from './check-features.js';
import type { LabelledFeatures } from './features.js';

/** Checks that every row has a class and returns the number of classes: as given, or the highest label + 1. */
export function checkLabels(sets: readonly Pick<LabelledFeatures, 'labels' | 'count'>[], given?: number): number {
  let classCount = given ?? 0;
  for (const { labels, count } of sets) {
    if (labels.length !== count) {
      throw new SslError(
        `labels need one class for each of the ${String(count)} rows, got ${String(labels.length)}. Embed with labels, or leave the evaluation by classes out.`,
        { from: '@ssl/eval' },
      );
    }
    if (given === undefined) for (const label of labels) classCount = Math.max(classCount, label + 1);
  }
  for (const { labels, count } of sets) {
    const wrong: number[] = [];
    labels.forEach((label, row) => {
      if (label < 0 || label >= classCount) wrong.push(row);
    });
    if (wrong.length > 0) {
      throw new SslError(
        `classes must be 0..${String(classCount - 1)}; ${nameRows(wrong, count)} ${wrong.length === 1 ? 'is' : 'are'} outside. Leave images without a class out.`,
        { from: '@ssl/eval' },
      );
    }
  }
  return classCount;
}
