import type { ImageSet } from './image-set.js';

/**
 * Some images of a set, in the given order; a copy.
 *
 * @example
 * const { trainRows, heldRows } = splitByGroup(features);
 * const train = takeImages(images, trainRows);
 */
export function takeImages({ pixels, shape, indices, aspects, labels }: ImageSet, rows: ArrayLike<number>): ImageSet {
  const [, height, width, channels] = shape;
  const size = height * width * channels;
  const count = rows.length;
  const picked = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) picked.set(pixels.subarray(rows[i]! * size, (rows[i]! + 1) * size), i * size);
  const whole = (from: Int32Array): Int32Array => Int32Array.from({ length: count }, (_, i) => from[rows[i]!]!);
  return {
    pixels: picked,
    shape: [count, height, width, channels],
    indices: whole(indices),
    aspects: Float32Array.from({ length: count }, (_, i) => aspects[rows[i]!]!),
    ...(labels === undefined ? {} : { labels: whole(labels) }),
  };
}
