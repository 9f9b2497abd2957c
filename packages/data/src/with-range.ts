import type { Dataset } from './dataset.js';
import type { ValueRange } from './value-range.js';

/** The dataset with the stored values that are black and white in all of its images. */
export function withRange(dataset: Dataset, range: ValueRange): Dataset {
  return { ...dataset, read: async (index) => ({ ...(await dataset.read(index)), range }) };
}
