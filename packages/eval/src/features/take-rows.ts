import type { LabelledFeatures } from './features.js';

/** Some rows of labelled features, in the given order; a copy. */
export function takeRows(features: LabelledFeatures, rows: ArrayLike<number>): LabelledFeatures {
  const { values, dimension, labels, groups } = features;
  const picked = new Float32Array(rows.length * dimension);
  for (let i = 0; i < rows.length; i++) picked.set(values.subarray(rows[i]! * dimension, (rows[i]! + 1) * dimension), i * dimension);
  const pick = (from: Int32Array): Int32Array => Int32Array.from({ length: rows.length }, (_, i) => from[rows[i]!]!);
  return {
    values: picked,
    count: rows.length,
    dimension,
    labels: pick(labels),
    ...(groups === undefined ? {} : { groups: pick(groups) }),
  };
}
