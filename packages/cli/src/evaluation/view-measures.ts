import type { ImageBytes } from '@ssl/eval';
import type { PairMeasures } from './view-warnings.js';

/** Blocks along each side of a coarse picture. */
const grid = 4;
/** Paper white and brighter, allowing for what JPEG does to it. */
const white = 250;
/** Difference of a pixel's channels from which it has a colour, allowing for the same. */
const colour = 13;

/** Of each image: part of its area outside the smallest box that holds everything that is not white. */
export function measureBorders({ pixels, shape: [count, height, width, channels] }: ImageBytes): number[] {
  return Array.from({ length: count }, (_, image) => {
    let [top, bottom, left, right] = [height, -1, width, -1];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = ((image * height + y) * width + x) * channels;
        if (pixels.subarray(at, at + channels).every((value) => value >= white)) continue;
        [top, bottom, left, right] = [Math.min(top, y), Math.max(bottom, y), Math.min(left, x), Math.max(right, x)];
      }
    }
    return bottom < 0 ? 1 : 1 - ((bottom - top + 1) * (right - left + 1)) / (height * width);
  });
}

/** Of each image: part of its pixels that have a colour. */
export function measureColours({ pixels, shape: [count, height, width, channels] }: ImageBytes): number[] {
  const area = height * width;
  return Array.from({ length: count }, (_, image) => {
    let coloured = 0;
    for (let pixel = image * area; pixel < (image + 1) * area; pixel++) {
      const values = pixels.subarray(pixel * channels, (pixel + 1) * channels);
      if (Math.max(...values) - Math.min(...values) > colour) coloured++;
    }
    return coloured / area;
  });
}

/**
 * Compares two views of each image with those of the others, in coarse pictures of 4 x 4 blocks; the distance is the mean
 * difference of the blocks, or that to the mirrored picture where it is smaller. Views may differ in size.
 *
 * @param first One view of each image.
 * @param second Another view of each, in the same order.
 */
export function measurePairs(first: ImageBytes, second: ImageBytes): PairMeasures {
  const [a, b] = [coarse(first), coarse(second)];
  const mirrored = b.map(mirror);
  const count = a.length;
  let [own, other, nearer] = [0, 0, 0];
  for (const [i, view] of a.entries()) {
    const distances = b.map((candidate, j) => Math.min(distance(view, candidate), distance(view, mirrored[j] ?? candidate)));
    const same = distances[i] ?? 0;
    own += same;
    for (const [j, strange] of distances.entries()) {
      if (j === i) continue;
      other += strange;
      nearer += strange > same ? 1 : strange === same ? 0.5 : 0;
    }
  }
  const others = count * (count - 1);
  return { images: count, distance: other === 0 ? 0 : own / count / (other / others), recognised: nearer / others };
}

/** Means of the blocks of each image, `grid x grid x channels`. */
function coarse({ pixels, shape: [count, height, width, channels] }: ImageBytes): Float32Array[] {
  return Array.from({ length: count }, (_, image) => {
    const means = new Float32Array(grid * grid * channels);
    const counts = new Float32Array(grid * grid);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const block = Math.floor((y * grid) / height) * grid + Math.floor((x * grid) / width);
        counts[block]! += 1;
        for (let channel = 0; channel < channels; channel++) means[block * channels + channel]! += pixels[((image * height + y) * width + x) * channels + channel] ?? 0;
      }
    }
    return means.map((sum, at) => sum / Math.max(1, counts[Math.floor(at / channels)] ?? 1));
  });
}

function mirror(means: Float32Array): Float32Array {
  const channels = means.length / (grid * grid);
  return means.map((_, at) => {
    const [block, channel] = [Math.floor(at / channels), at % channels];
    return means[(block - (block % grid) + (grid - 1 - (block % grid))) * channels + channel] ?? 0;
  });
}

function distance(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, at) => sum + Math.abs(value - (b[at] ?? 0)), 0) / a.length;
}
