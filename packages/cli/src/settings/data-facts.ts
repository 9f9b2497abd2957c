import { decodeImage, type Dataset, type DecodedImage } from '@ssl/data';
import { dataWarnings, type ImageFacts, type DataWarning } from './data-warnings.js';

/** What the choice of settings looks at. */
export interface DataFacts {
  readonly size: number;
  readonly channels: number;
  /** Median of the shorter side of a sample of the images, in pixels; undefined where none of them could be read. */
  readonly side?: number;
  /** Bands of the sampled images, where all have the same number and it is neither that of grey nor that of colour. */
  readonly bands?: number;
  /** Of these the first three are red, green and blue, so that three channels can be taken. */
  readonly coloured?: boolean;
  /** What their values and bands say that a user should know. */
  readonly warnings?: readonly DataWarning[];
}

const sampleSize = 24;

/** Looks at a few images spread over the data set. */
export async function dataFacts(dataset: Dataset): Promise<DataFacts> {
  const count = Math.min(sampleSize, dataset.size);
  const images: ImageFacts[] = [];
  for (let i = 0; i < count; i++) {
    const image = await look(dataset, Math.floor((i * dataset.size) / count));
    if (image !== undefined) images.push(image);
  }
  const sides = images.map(({ side }) => side).sort((a, b) => a - b);
  const side = sides[Math.floor(sides.length / 2)];
  const [first] = images;
  const bands = first !== undefined && first.bands !== 1 && first.bands !== 3 && images.every((image) => image.bands === first.bands) ? first.bands : undefined;
  return {
    size: dataset.size,
    channels: dataset.channels,
    ...(side === undefined ? {} : { side }),
    ...(bands === undefined ? {} : { bands, coloured: images.every(({ coloured }) => coloured) }),
    warnings: dataWarnings(images),
  };
}

async function look(dataset: Dataset, index: number): Promise<ImageFacts | undefined> {
  try {
    const source = await dataset.read(index);
    const image = await decodeImage(source, { depth: 16 });
    const { bands } = image.stored;
    return { ...valuesOf(image), bands, coloured: bands > 3 && (await decodeImage(source, { channels: 3, size: 1 }).then(() => true, () => false)) };
  } catch {
    return undefined; // the loader counts and lists broken images
  }
}

/** Parts of the range that hold all but a thousandth of the values at either end. */
function valuesOf({ pixels, width, height, stored }: DecodedImage): Omit<ImageFacts, 'bands' | 'coloured'> {
  const most = pixels instanceof Uint16Array ? 65_535 : 255;
  const counts = new Uint32Array(most + 1);
  let mark = 17;
  for (const value of pixels) {
    counts[value]!++;
    mark = (Math.imul(mark, 31) + value) | 0;
  }
  const seen = (part: number): number => {
    let sum = 0;
    const wanted = part * pixels.length;
    for (let value = 0; value <= most; value++) {
      sum += counts[value]!;
      if (sum > wanted) return value / most;
    }
    return 1;
  };
  const { range, pages } = stored;
  return { side: Math.min(width, height), low: seen(0.001), high: seen(0.998_999), constant: counts.some((count) => count === pixels.length), mark: `${String(width)}x${String(height)}:${String(mark)}`, range, pages };
}
