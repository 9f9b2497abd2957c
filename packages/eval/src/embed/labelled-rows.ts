import { SslError } from '@ssl/core';
import type { Features, LabelledFeatures } from '../features/features.js';
import { takeRows } from '../features/take-rows.js';

/** Features of which some rows may have no class. */
export interface PartlyLabelled extends Features {
  /** -1 = no class. */
  readonly labels?: Int32Array;
  readonly groups?: Int32Array;
}

/**
 * The rows that have a class: what protocols with labels are run on.
 *
 * @returns The features with their rows in the same order, and `rows`, where each of them stood before.
 * @throws SslError where no row has a class.
 */
export function labelledRows(features: PartlyLabelled): LabelledFeatures & { readonly rows: Int32Array } {
  const { labels, count } = features;
  const rows = Int32Array.from(Array.from({ length: count }, (_, row) => row).filter((row) => (labels?.[row] ?? -1) >= 0));
  if (labels === undefined || rows.length === 0) {
    throw new SslError(
      'this evaluation needs classes, and none of the images has one. Sort images into one folder for each class, or use the label-free metrics.',
      { from: '@ssl/eval' },
    );
  }
  return { ...takeRows({ ...features, labels }, rows), rows };
}
