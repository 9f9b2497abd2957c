import { BrokenImages, evaluationBatches, type Dataset } from '@ssl/data';
import { collectImages, type ImageSet } from '@ssl/eval';
import type { Output } from '../progress/output.js';
import { dataOptions, openData } from '../run/open-data.js';
import type { RunDescription } from '../run/run-description.js';
import { sampleDataset } from './sample-dataset.js';

/** A few images for the network's own pictures. */
export interface PictureImages {
  readonly images: ImageSet;
  readonly names: readonly string[];
  /** Whether training has seen them, for the captions. */
  readonly note: string;
}

export interface PictureImagesOptions {
  /** Images that the user names, as `--data` takes them, absolute. */
  readonly other?: string;
  readonly output: Output;
}

const shown = 8;

/** Sets with a training and a test part. */
const twoParts = /^(mnist|fashion-mnist|cifar10:.+|cifar100:.+)$/;

/**
 * Images at even distances, not chosen by hand: of those that the user names, else of the data's test part where it was not trained on, else of
 * the training's, which the note says.
 */
export async function pictureImages(description: Pick<RunDescription, 'data' | 'split' | 'background' | 'range' | 'imageSize' | 'channels'>, trained: Dataset, { other, output }: PictureImagesOptions): Promise<PictureImages> {
  const { data, split, background, range } = description;
  const open = (spec: string, part?: 'test') => openData(spec, { folder: '.', output, ...dataOptions({ background, range, split: part }) });
  if (other !== undefined) return few(await open(other), description, (name) => `Images of ${name}.`);
  if (typeof data === 'string' && twoParts.test(data) && split !== 'test') {
    return few(await open(data, 'test'), description, (name) => `Images of the test part of ${name}, which training did not see.`);
  }
  return few(trained, description, () => 'Images of the training: the data has no test part. `ssl report --fresh --pictures DATA` shows others.', true);
}

async function few(dataset: Dataset, { imageSize, channels }: Pick<RunDescription, 'imageSize' | 'channels'>, note: (name: string) => string, keep = false): Promise<PictureImages> {
  const sample = sampleDataset(dataset, shown);
  try {
    const images = await collectImages(evaluationBatches(sample, { size: imageSize, channels, batchSize: shown, broken: new BrokenImages(sample.size) }));
    return { images, names: Array.from(images.indices, (index) => sample.describe(index)), note: note(dataset.name) };
  } finally {
    if (!keep) await dataset.close?.();
  }
}
