import { columnMeans } from '../features/unit-rows.js';
import type { Features } from '../features/features.js';

/** Kept out of the division where a column is constant. */
const smallest = 1e-12;

/**
 * A function that gives every column mean 0 and deviation 1, by the statistics of `reference`: MAE's batch norm without affine
 * parameters, over the whole training set. Constant columns become 0.
 */
export function standardiser(reference: Features): <F extends Features>(features: F) => F {
  const { values, count, dimension } = reference;
  const means = columnMeans(reference);
  const squares = new Float64Array(dimension);
  for (let i = 0; i < values.length; i++) squares[i % dimension]! += (values[i]! - means[i % dimension]!) ** 2;
  const scales = squares.map((sum) => (sum / count < smallest ? 0 : 1 / Math.sqrt(sum / count)));
  return (features) => ({
    ...features,
    values: features.values.map((value, i) => (value - means[i % dimension]!) * scales[i % dimension]!),
  });
}
