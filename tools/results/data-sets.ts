import { evaluationBatches, openDataset, type Dataset } from '@ssl/data';
import { collectImages, type ImageSet } from '@ssl/eval';

/** A set of the table, decoded. */
export interface TableData {
  readonly name: DatasetName;
  readonly dataset: Dataset;
  /** What is trained on. */
  readonly images: ImageSet;
  /** Where there is a test part of its own; else the evaluation is leave-one-out. */
  readonly test?: ImageSet;
  readonly size: number;
  readonly channels: number;
}

/** Side of the images in pixels. */
const sizes = { emoji: 32, 'fashion-mnist': 28 } as const;

export type DatasetName = keyof typeof sizes;

export async function openTableData(name: DatasetName): Promise<TableData> {
  const size = sizes[name];
  const load = async (dataset: Dataset) => collectImages(evaluationBatches(dataset, { size, batchSize: 256 }));
  if (name === 'emoji') {
    const dataset = await openDataset('emoji');
    return { name, dataset, images: await load(dataset), size, channels: 3 };
  }
  const dataset = await openDataset(name, { split: 'train' });
  const test = await load(await openDataset(name, { split: 'test' }));
  return { name, dataset, images: await load(dataset), test, size, channels: 1 };
}
