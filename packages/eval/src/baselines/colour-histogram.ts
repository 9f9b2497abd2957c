import { SslError } from '@ssl/core';
import type { Features, ImageBytes } from '../features/features.js';
import { checkImages } from './check-images.js';

export interface ColourHistogramOptions {
  /** Bins of each channel, 1..256. */
  readonly bins?: number;
}

export const colourHistogramDefaults = { bins: 8 } as const satisfies ColourHistogramOptions;

/** A joint histogram larger than this is a mistake (channels of a multispectral image). */
const largestHistogram = 1 << 20;

/**
 * Joint histogram of the colours of each image: how often each combination of channel bins occurs, without any place.
 *
 * `h(b_1 .. b_C) = #(pixels with floor(value_c * bins / 256) = b_c for every channel c) / pixels`.
 *
 * @param images Bytes, `[count, height, width, channels]`.
 * @returns `[count, bins ** channels]`, each row adding up to 1.
 * @throws SslError for bins outside 1..256 or more than a million combinations.
 * @example
 * colourHistogram({ pixels: Uint8Array.of(0, 255, 255, 255), shape: [1, 2, 2, 1] }, { bins: 2 }).values; // Float32Array [0.25, 0.75]
 */
export function colourHistogram(images: ImageBytes, options: ColourHistogramOptions = {}): Features {
  checkImages(images);
  const { bins } = { ...colourHistogramDefaults, ...options };
  const [count, height, width, channels] = images.shape;
  const dimension = bins ** channels;
  if (!Number.isInteger(bins) || bins < 1 || bins > 256 || dimension > largestHistogram) {
    throw new SslError(
      `a colour histogram needs 1..256 bins for each channel and at most ${String(largestHistogram)} combinations, got ${String(bins)} bins for ${String(channels)} channels. ` +
        'Use fewer bins.',
      { from: '@ssl/eval' },
    );
  }
  const area = height * width;
  const values = new Float32Array(count * dimension);
  for (let pixel = 0, byte = 0; pixel < count * area; pixel++) {
    let bin = 0;
    for (let channel = 0; channel < channels; channel++) bin = bin * bins + Math.floor((images.pixels[byte++]! * bins) / 256);
    values[Math.floor(pixel / area) * dimension + bin]!++;
  }
  return { values: values.map((hits) => hits / area), count, dimension };
}
