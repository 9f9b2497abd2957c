import { imageName, type Dataset } from '@ssl/data';

/** Every n-th image of a data set, so that at most `most` are left; the set itself where it is small enough. */
export function sampleDataset(dataset: Dataset, most: number): Dataset {
  if (dataset.size <= most) return dataset;
  const rows = Int32Array.from({ length: most }, (_, i) => Math.floor((i * dataset.size) / most));
  const pick = (values: Int32Array): Int32Array => rows.map((row) => values[row] ?? -1);
  const at = (index: number): number => rows[index] ?? 0;
  return {
    ...dataset,
    size: most,
    ...(dataset.labels === undefined ? {} : { labels: pick(dataset.labels) }),
    ...(dataset.groups === undefined ? {} : { groups: pick(dataset.groups) }),
    ...(dataset.caption === undefined ? {} : { caption: async (index) => dataset.caption?.(at(index)) }),
    describe: (index) => dataset.describe(at(index)),
    nameOf: (index) => imageName(dataset, at(index)),
    read: (index) => dataset.read(at(index)),
  };
}
