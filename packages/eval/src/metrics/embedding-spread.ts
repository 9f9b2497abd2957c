import { unitRows } from '../features/unit-rows.js';
import type { Features } from '../features/features.js';

/**
 * How far the embeddings spread over the sphere: near 0 where all images get one vector (collapse), 1 for isotropic directions.
 *
 * `sqrt(D) * mean over dimensions d of std_d(z / ||z||)`.
 *
 * @param features `[count, dimension]`.
 * @throws SslError for rows without direction or with NaN (named).
 * @example
 * embeddingSpread({ values: Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1), count: 4, dimension: 2 }); // 1
 * @see Chen and He 2021, "Exploring Simple Siamese Representation Learning", section 4.1.
 */
export function embeddingSpread(features: Features): number {
  const { values, count, dimension } = unitRows(features);
  const sums = new Float64Array(dimension);
  const squares = new Float64Array(dimension);
  for (let i = 0; i < values.length; i++) {
    sums[i % dimension]! += values[i]!;
    squares[i % dimension]! += values[i]! ** 2;
  }
  let total = 0;
  for (let column = 0; column < dimension; column++) {
    total += Math.sqrt(Math.max(squares[column]! / count - (sums[column]! / count) ** 2, 0));
  }
  return (total / dimension) * Math.sqrt(dimension);
}
