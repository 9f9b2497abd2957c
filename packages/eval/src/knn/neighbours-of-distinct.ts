import { columnMeans, directionless } from '../features/unit-rows.js';
import type { Features } from '../features/features.js';
import { nearestNeighbours, type GroupedFeatures, type NearestNeighboursOptions } from './nearest-neighbours.js';
import { noNeighbours, type Neighbours } from './neighbours.js';

/**
 * {@link nearestNeighbours} of every row among all others, passing over the rows that have no direction (those that equal the mean, with
 * `centre`): they have no neighbours and are nobody's. For features that cannot tell some images apart, as HOG's of images without edges.
 *
 * @returns Neighbours of all rows, and how many rows were passed over.
 * @throws SslError for rows that are not finite (named), k below 1.
 * @example
 * const bank = { values: Float32Array.of(1, 0, 0, 0, 0.9, 0.1), count: 3, dimension: 2 };
 * (await neighboursOfDistinct(bank, { k: 1 })).indices; // Int32Array [2, -1, 0]
 */
export async function neighboursOfDistinct(bank: GroupedFeatures, options: Omit<NearestNeighboursOptions, 'queries'>): Promise<Neighbours & { readonly passedOver: number }> {
  const none = new Set(directionless(bank, options.centre === true ? columnMeans(bank) : undefined));
  if (none.size === 0) return { ...(await nearestNeighbours(bank, options)), passedOver: 0 };
  const all = noNeighbours(bank.count, options.k);
  const rows = Array.from({ length: bank.count }, (_, row) => row).filter((row) => !none.has(row));
  if (rows.length > 1) {
    const { k, indices, similarities } = await nearestNeighbours(takeGrouped(bank, rows), options);
    rows.forEach((row, i) => {
      all.indices.set(indices.subarray(i * k, (i + 1) * k).map((other) => (other < 0 ? -1 : rows[other]!)), row * k);
      all.similarities.set(similarities.subarray(i * k, (i + 1) * k), row * k);
    });
  }
  return { ...all, passedOver: none.size };
}

function takeGrouped({ values, dimension, groups }: GroupedFeatures, rows: readonly number[]): GroupedFeatures {
  const taken: Features = { values: new Float32Array(rows.length * dimension), count: rows.length, dimension };
  rows.forEach((row, i) => {
    taken.values.set(values.subarray(row * dimension, (row + 1) * dimension), i * dimension);
  });
  return { ...taken, ...(groups === undefined ? {} : { groups: Int32Array.from(rows, (row) => groups[row]!) }) };
}
