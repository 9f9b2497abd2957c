import { dataError } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { imageName } from '../image-name.js';

type Captioned = Dataset & Required<Pick<Dataset, 'caption'>>;

function hasCaptions(dataset: Dataset): dataset is Captioned {
  return 'caption' in dataset;
}

/**
 * Some images of a dataset, in the order given. The dataset is shared: closing the subset leaves it open.
 * @param indices Positions in `dataset`; kept, not copied.
 */
export function subset(dataset: Dataset, indices: Int32Array, name = `${dataset.name} (part)`): Dataset {
  const outside = indices.findIndex((index) => index < 0 || index >= dataset.size);
  if (outside >= 0) {
    throw dataError(`Positions from 0 to ${dataset.size - 1} were needed, got ${indices[outside] ?? ''} at ${outside}. Take them from this dataset.`);
  }
  const original = (index: number): number => indices[index] ?? -1;
  const picked = (values: Int32Array): Int32Array => indices.map((index) => values[index] ?? -1);
  return {
    name,
    size: indices.length,
    channels: dataset.channels,
    ...(dataset.classes === undefined ? {} : { classes: dataset.classes }),
    ...(dataset.labels === undefined ? {} : { labels: picked(dataset.labels) }),
    ...(dataset.groups === undefined ? {} : { groups: picked(dataset.groups) }),
    ...(hasCaptions(dataset) ? { caption: (index: number) => dataset.caption(original(index)) } : {}),
    describe: (index) => dataset.describe(original(index)),
    nameOf: (index) => imageName(dataset, original(index)),
    read: (index) => dataset.read(original(index)),
  };
}
