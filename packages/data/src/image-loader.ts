import type { BatchLoader, HostBatch, LoaderPosition, SslError } from '@ssl/core';
import { BrokenImages } from './broken-images.js';
import { dataError } from './data-error.js';
import type { Dataset } from './dataset.js';
import { epochOrder } from './epoch-order.js';
import { piecewiseOrder } from './piecewise-order.js';
import { imageReader, type ImageReader, type ImageReaderOptions } from './image-reader.js';

export interface ImageLoaderOptions extends Omit<ImageReaderOptions, 'size'> {
  /** Side of the squares in pixels; a function of the epoch for images that grow, see `progressiveResolution`. */
  readonly size: number | ((epoch: number) => number);
  /** Images of a batch, on this rank. */
  readonly batchSize: number;
  /** Order of the epochs. */
  readonly seed?: number;
  readonly shuffle?: boolean;
  /** True: images that do not fill a batch at the end of an epoch wait for another epoch. False: they come as a shorter batch. */
  readonly dropLast?: boolean;
  /** Batches that are decoded ahead of the one in use. */
  readonly prefetch?: number;
  /** This process and the number of processes that share the epochs; no image comes on two ranks. */
  readonly rank?: number;
  readonly worldSize?: number;
}

export const imageLoaderDefaults: Required<Omit<ImageLoaderOptions, keyof ImageReaderOptions | 'batchSize'>> = {
  seed: 0,
  shuffle: true,
  dropLast: true,
  prefetch: 2,
  rank: 0,
  worldSize: 1,
};

/** A loader, with the images that it could not use. */
export interface ImageLoader extends BatchLoader {
  readonly dataset: Dataset;
  readonly broken: BrokenImages;
}

/**
 * Batches for training, endless, from any position.
 *
 * The order depends on seed and epoch only. With n images, W ranks and batches of B, batch b of rank r takes positions
 * `bBW + rB ... + B - 1` of the epoch's order, so that W ranks together see what one rank with batches of WB sees.
 * A broken image is recorded and replaced by the image a stride further on in the same order (the same place of the next
 * batch, in effect), or the next one after that which can be read. The rule depends on the files only, so a resumed run
 * gets the same batches as one that went on.
 *
 * @throws SslError where the dataset holds fewer images than a batch, or fewer than 2.
 * @example
 * const loader = imageLoader(photos, { size: 64, batchSize: 256, seed: 1 });
 * for await (const batch of loader.batches({ epoch: 0, batch: 0 })) console.log(batch.shape); // [256, 64, 64, 3]
 */
export function imageLoader(dataset: Dataset, options: ImageLoaderOptions): ImageLoader {
  const settings = { ...imageLoaderDefaults, ...options };
  checkSettings(dataset, settings);
  const { batchSize, worldSize, dropLast } = settings;
  const global = batchSize * worldSize;
  const batchesPerEpoch = dropLast ? Math.floor(dataset.size / global) : Math.ceil(dataset.size / global);
  const broken = new BrokenImages(dataset.size);
  const readers = readersBySize(dataset, broken, options);
  const assemble = batchAssembler(dataset, broken, readers.get, settings);
  let closed = false;

  async function* batches(from: LoaderPosition): AsyncGenerator<HostBatch, void> {
    checkPosition(from, batchesPerEpoch);
    const ahead: Promise<HostBatch>[] = [];
    const stop = new AbortController();
    let { epoch, batch } = from;
    const begin = (): void => {
      if (batch >= batchesPerEpoch) [epoch, batch] = [epoch + 1, 0];
      const work = assemble(epoch, batch, stop.signal);
      work.catch(() => undefined); // reported when its turn comes
      ahead.push(work);
      batch += 1;
    };
    try {
      while (!closed) {
        while (ahead.length <= settings.prefetch) begin();
        const next = ahead.shift();
        if (next !== undefined) yield await next;
      }
    } finally {
      stop.abort();
    }
  }

  return {
    dataset,
    broken,
    batchSize,
    batchesPerEpoch,
    batches,
    async close() {
      closed = true;
      await readers.idle();
    },
  };
}

type Settings = ImageLoaderOptions & typeof imageLoaderDefaults;

/** One reader for each size; the two used last are kept, for prefetching may cross from one size to the next. */
function readersBySize(dataset: Dataset, broken: BrokenImages, options: ImageLoaderOptions) {
  const readers = new Map<number, ImageReader>();
  return {
    get: (size: number): ImageReader => {
      const reader = readers.get(size) ?? imageReader(dataset, broken, { ...options, size });
      readers.delete(size);
      readers.set(size, reader);
      for (const oldest of readers.keys()) if (readers.size > 2) readers.delete(oldest);
      return reader;
    },
    idle: async (): Promise<void> => {
      for (const reader of readers.values()) await reader.idle();
    },
  };
}

function sizeAt(size: ImageLoaderOptions['size'], epoch: number): number {
  const value = typeof size === 'number' ? size : size(epoch);
  if (Number.isInteger(value) && value >= 1) return value;
  throw dataError(`size must be a whole number of at least 1, got ${value} in epoch ${epoch}. Correct it.`);
}

/** Makes the function that fills one batch. */
function batchAssembler(dataset: Dataset, broken: BrokenImages, readerOf: (size: number) => ImageReader, settings: Settings) {
  const { batchSize, worldSize, rank, shuffle, seed } = settings;
  const channels = settings.channels ?? dataset.channels;
  const stride = strideFor(dataset.size, batchSize * worldSize);
  let order = { epoch: -1, at: (position: number) => position };
  const orderOf = (epoch: number): ((position: number) => number) => {
    if (!shuffle) return (position) => position;
    if (order.epoch !== epoch) {
      const { pieces } = dataset;
      const at = pieces === undefined ? epochOrder(dataset.size, seed, epoch) : piecewiseOrder(dataset.size, pieces, seed, epoch);
      order = { epoch, at };
    }
    return order.at;
  };

  return async (epoch: number, batch: number, signal: AbortSignal): Promise<HostBatch> => {
    const size = sizeAt(settings.size, epoch);
    const reader = readerOf(size);
    const first = (batch * worldSize + rank) * batchSize;
    const count = Math.min(batchSize, dataset.size - first);
    const pixels = new Uint8Array(count * reader.bytesPerImage);
    const indices = new Int32Array(count);
    const aspects = new Float32Array(count);
    const at = orderOf(epoch);

    const fill = async (place: number): Promise<void> => {
      let position = first + place;
      for (let tries = 0; tries < dataset.size && !signal.aborted; tries += 1) {
        const index = at(position);
        const aspect = await reader.read(index, pixels, place * reader.bytesPerImage, signal);
        if (aspect !== undefined) {
          indices[place] = index;
          aspects[place] = aspect;
          return;
        }
        position = (position + stride) % dataset.size;
      }
      if (!signal.aborted) throw nothingReadable(dataset, broken);
    };
    await Promise.all(Array.from({ length: count }, (_, place) => fill(place)));
    const labels = dataset.labels;
    return {
      pixels,
      shape: [count, size, size, channels],
      indices,
      aspects,
      ...(labels === undefined ? {} : { labels: indices.map((index) => labels[index] ?? -1) }),
    };
  };
}

/** The smallest step of at least `least` that visits every position of `size`. */
function strideFor(size: number, least: number): number {
  const common = (a: number, b: number): number => (b === 0 ? a : common(b, a % b));
  let stride = least;
  while (common(stride, size) !== 1) stride += 1;
  return stride;
}

/** The error of a set of which no image can be used. */
export function nothingReadable(dataset: Dataset, broken: BrokenImages): SslError {
  const first = broken.listed.slice(0, 3).map(({ name, reason }) => `${name} (${reason})`);
  return dataError(
    `Images that can be decoded were needed, all ${dataset.size} of ${dataset.name} are broken: ${first.join('; ')}. Check the files.`,
  );
}

function checkSettings(dataset: Dataset, settings: Settings): void {
  const { batchSize, prefetch, rank, worldSize, dropLast } = settings;
  for (const [name, value, least] of [
    ['batchSize', batchSize, 1],
    ['prefetch', prefetch, 0],
    ['workers', settings.workers ?? 1, 1],
    ['worldSize', worldSize, 1],
    ['rank', rank, 0],
  ] as const) {
    if (!Number.isInteger(value) || value < least) throw dataError(`${name} must be a whole number of at least ${least}, got ${value}. Correct it.`);
  }
  sizeAt(settings.size, 0);
  if (rank >= worldSize) throw dataError(`rank must be below worldSize ${worldSize}, got ${rank}. Ranks count from 0.`);
  if (!dropLast && worldSize > 1) throw dataError(`dropLast: false needs one rank, got ${worldSize}: the last batch could not be shared evenly. Leave dropLast on.`);
  if (dataset.size < 2) {
    throw dataError(`Training needs at least 2 different images, ${dataset.name} holds ${dataset.size}. Add images to it.`);
  }
  const global = batchSize * worldSize;
  if (global > dataset.size) {
    const ranks = worldSize > 1 ? ` on each of ${worldSize} ranks` : '';
    throw dataError(
      `A batch of ${batchSize}${ranks} needs at least ${global} images, ${dataset.name} holds ${dataset.size}. ` +
        `Use a batch size of at most ${Math.max(1, Math.floor(dataset.size / worldSize))}.`,
    );
  }
}

function checkPosition({ epoch, batch }: LoaderPosition, batchesPerEpoch: number): void {
  if (Number.isInteger(epoch) && epoch >= 0 && Number.isInteger(batch) && batch >= 0 && batch <= batchesPerEpoch) return;
  throw dataError(
    `A position inside the data was needed (batch 0 to ${batchesPerEpoch}), got epoch ${epoch}, batch ${batch}. ` +
      'It comes from a run with another data set or batch size: resume with the same ones.',
  );
}
