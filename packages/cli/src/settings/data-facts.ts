import { decodeImage, type Dataset } from '@ssl/data';

/** What the choice of settings looks at. */
export interface DataFacts {
  readonly size: number;
  readonly channels: number;
  /** Median of the shorter side of a sample of the images, in pixels; undefined where none of them could be read. */
  readonly side?: number;
}

const sampleSize = 24;

/** Looks at a few images spread over the data set. */
export async function dataFacts(dataset: Dataset): Promise<DataFacts> {
  const count = Math.min(sampleSize, dataset.size);
  const sides: number[] = [];
  for (let i = 0; i < count; i++) {
    const side = await shorterSide(dataset, Math.floor((i * dataset.size) / count));
    if (side !== undefined) sides.push(side);
  }
  sides.sort((a, b) => a - b);
  const side = sides[Math.floor(sides.length / 2)];
  return { size: dataset.size, channels: dataset.channels, ...(side === undefined ? {} : { side }) };
}

async function shorterSide(dataset: Dataset, index: number): Promise<number | undefined> {
  try {
    const { width, height } = await decodeImage(await dataset.read(index));
    return Math.min(width, height);
  } catch {
    return undefined; // the loader counts and lists broken images
  }
}
