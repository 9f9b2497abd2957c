import { type HostBatch } from '@ssl/core';
import { dataError } from './data-error.js';
import { BrokenImages } from './broken-images.js';
import type { Dataset } from './dataset.js';
import { nothingReadable } from './image-loader.js';
import { imageReader, type ImageReaderOptions } from './image-reader.js';

export interface EvaluationBatchesOptions extends ImageReaderOptions {
  /** Images of a batch; the last one may be shorter. */
  readonly batchSize: number;
  /** Batches that are decoded ahead of the one in use. */
  readonly prefetch?: number;
  /** Where broken images are recorded, for a caller who wants to know them. */
  readonly broken?: BrokenImages;
}

/**
 * Every image once, in the order of the dataset, for embedding and evaluation. The last batch may be short. A broken image
 * is recorded and left out; nothing takes its place, so `indices` says which images came.
 *
 * @throws SslError where no image at all can be read.
 * @example
 * for await (const batch of evaluationBatches(photos, { size: 64, batchSize: 256 })) console.log(batch.indices);
 */
export async function* evaluationBatches(dataset: Dataset, options: EvaluationBatchesOptions): AsyncGenerator<HostBatch, void> {
  const { batchSize, prefetch = 2, size } = options;
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw dataError(`batchSize must be a whole number of at least 1, got ${batchSize}. Correct it.`);
  }
  const broken = options.broken ?? new BrokenImages(dataset.size);
  const reader = imageReader(dataset, broken, { cacheBytes: 0, ...options });
  const channels = options.channels ?? dataset.channels;
  const stop = new AbortController();
  let came = 0;

  const assemble = async (first: number): Promise<HostBatch> => {
    const count = Math.min(batchSize, dataset.size - first);
    const pixels = new Uint8Array(count * reader.bytesPerImage);
    const found = await Promise.all(
      Array.from({ length: count }, (_, place) =>
        reader.read(first + place, pixels, place * reader.bytesPerImage, stop.signal),
      ),
    );
    return packed(found, pixels, reader.bytesPerImage, first, dataset.labels, [size, channels]);
  };

  const ahead: Promise<HostBatch>[] = [];
  try {
    for (let next = 0; next < dataset.size || ahead.length > 0; ) {
      for (; next < dataset.size && ahead.length <= prefetch; next += batchSize) {
        const work = assemble(next);
        work.catch(() => undefined); // reported when its turn comes
        ahead.push(work);
      }
      const batch = await ahead.shift();
      if (batch === undefined || batch.shape[0] === 0) continue;
      came += batch.shape[0];
      yield batch;
    }
    if (came === 0 && dataset.size > 0) throw nothingReadable(dataset, broken);
  } finally {
    stop.abort();
  }
}

/** Moves the images that came together. */
function packed(
  found: readonly (number | undefined)[],
  pixels: Uint8Array,
  bytesPerImage: number,
  first: number,
  labels: Int32Array | undefined,
  [size, channels]: readonly [number, number],
): HostBatch {
  const places = found.flatMap((aspect, place) => (aspect === undefined ? [] : [place]));
  for (const [to, from] of places.entries()) {
    if (to !== from) pixels.copyWithin(to * bytesPerImage, from * bytesPerImage, (from + 1) * bytesPerImage);
  }
  const indices = Int32Array.from(places, (place) => first + place);
  return {
    pixels: pixels.subarray(0, places.length * bytesPerImage),
    shape: [places.length, size, size, channels],
    indices,
    aspects: Float32Array.from(places, (place) => found[place] ?? 1),
    ...(labels === undefined ? {} : { labels: indices.map((index) => labels[index] ?? -1) }),
  };
}
