import { BrokenImages, evaluationBatches, type Dataset } from '@ssl/data';
import { collectImages, type ImageSet } from '@ssl/eval';
import type { RunDescription } from '../run/run-description.js';
import { sampleDataset } from './sample-dataset.js';

/** Images that an evaluation looks at, all in memory. */
export interface EvaluationImages {
  readonly images: ImageSet;
  /** The images' data set: the whole one, or an even sample of a large one. */
  readonly dataset: Dataset;
  readonly broken: BrokenImages;
  /** Positions of the data set that `groups` of an evaluation is read by. */
  readonly sampled: boolean;
}

/** Most images of one evaluation: more change its figures little and its time a lot. */
export const evaluationLimit = 20_000;
const memoryLimit = 2 ** 31;

/** Reads the images of an evaluation at the network's size. */
export async function loadImages(whole: Dataset, { imageSize, channels }: Pick<RunDescription, 'imageSize' | 'channels'>): Promise<EvaluationImages> {
  const most = Math.min(evaluationLimit, Math.floor(memoryLimit / (imageSize * imageSize * channels)));
  const dataset = sampleDataset(whole, most);
  const broken = new BrokenImages(dataset.size);
  const images = await collectImages(evaluationBatches(dataset, { size: imageSize, channels, batchSize: 256, broken }));
  return { images, dataset, broken, sampled: dataset !== whole };
}
