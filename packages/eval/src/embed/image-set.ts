import { SslError, type HostBatch } from '@ssl/core';

/** All images of an evaluation in memory, in the order in which they came: a single large batch. */
export type ImageSet = HostBatch;

/**
 * Takes the images of all batches together, for baselines, pictures and repeated embedding without decoding again.
 * It holds `count * height * width * channels` bytes: for sets that fit in memory.
 *
 * @throws SslError for no batch at all, or batches of different sizes.
 * @example
 * const images = await collectImages(evaluationBatches(photos, { size: 32, batchSize: 256 }));
 */
export async function collectImages(batches: AsyncIterable<HostBatch> | Iterable<HostBatch>): Promise<ImageSet> {
  const parts: HostBatch[] = [];
  for await (const batch of batches) parts.push(batch);
  const [first] = parts;
  if (first === undefined) throw new SslError('an evaluation needs images, got none. Check the data folder.', { from: '@ssl/eval' });
  const size = first.shape.slice(1).join(' x ');
  const other = parts.find(({ shape }) => shape.slice(1).join(' x ') !== size);
  if (other !== undefined) {
    throw new SslError(
      `images of one evaluation need one size, got ${size} and ${other.shape.slice(1).join(' x ')}. Load all of them at the same size.`,
      { from: '@ssl/eval' },
    );
  }
  const count = parts.reduce((sum, { shape }) => sum + shape[0], 0);
  const labelled = parts.every(({ labels }) => labels !== undefined);
  return {
    pixels: join(new Uint8Array(count * first.shape[1] * first.shape[2] * first.shape[3]), parts.map(({ pixels }) => pixels)),
    shape: [count, first.shape[1], first.shape[2], first.shape[3]],
    indices: join(new Int32Array(count), parts.map(({ indices }) => indices)),
    aspects: join(new Float32Array(count), parts.map(({ aspects }) => aspects)),
    ...(labelled ? { labels: join(new Int32Array(count), parts.map(({ labels }) => labels ?? [])) } : {}),
  };
}

/** Hands an image set out in batches, in order; the last one may be short. The pixels are views, not copies. */
export function* imageBatches(images: ImageSet, batchSize: number): Generator<HostBatch, void> {
  const [count, height, width, channels] = images.shape;
  const size = height * width * channels;
  for (let start = 0; start < count; start += batchSize) {
    const end = Math.min(count, start + batchSize);
    yield {
      pixels: images.pixels.subarray(start * size, end * size),
      shape: [end - start, height, width, channels],
      indices: images.indices.subarray(start, end),
      aspects: images.aspects.subarray(start, end),
      ...(images.labels === undefined ? {} : { labels: images.labels.subarray(start, end) }),
    };
  }
}

/** Copies the parts one behind the other. */
export function join<Whole extends Uint8Array | Int32Array | Float32Array>(whole: Whole, parts: readonly ArrayLike<number>[]): Whole {
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
