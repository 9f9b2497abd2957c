import { SslError } from '@ssl/core';
import type { Features, ImageBytes } from '../features/features.js';
import { checkImages } from './check-images.js';

export interface ColourHistogramOptions {
  /** Bins of each channel, 1..256. */
  readonly bins?: number;
  /** 'joint': combinations of all channels, `bins ** channels`; 'separate': each channel by itself, `bins * channels`. */
  readonly layout?: 'joint' | 'separate';
  /** Take the square root of each share, so that the cosine is the Bhattacharyya coefficient and the background does not drown the rest. */
  readonly squareRoot?: boolean;
}

export const colourHistogramDefaults = { bins: 4, layout: 'joint', squareRoot: true } as const satisfies ColourHistogramOptions;

/** A joint histogram larger than this is a mistake (channels of a multispectral image). */
const largestHistogram = 1 << 20;

/**
 * Histogram of the colours of each image: how often each occurs, wherever it is.
 *
 * `h(b) = sqrt(#(pixels in bin b) / pixels)`, a value `v` being in bin `floor(v * bins / 256)` of its channel.
 *
 * @param images Bytes, `[count, height, width, channels]`.
 * @returns `[count, bins ** channels]`, or `[count, channels * bins]` for separate channels, one channel after the other.
 * @throws SslError for bins outside 1..256 or more than a million combinations.
 * @example
 * colourHistogram({ pixels: Uint8Array.of(0, 255, 255, 255), shape: [1, 2, 2, 1] }, { bins: 2, squareRoot: false }).values; // Float32Array [0.25, 0.75]
 */
export function colourHistogram(images: ImageBytes, options: ColourHistogramOptions = {}): Features {
  checkImages(images);
  const { bins, layout, squareRoot } = { ...colourHistogramDefaults, ...options };
  const [count, height, width, channels] = images.shape;
  const joint = layout === 'joint';
  const dimension = joint ? bins ** channels : bins * channels;
  if (!Number.isInteger(bins) || bins < 1 || bins > 256 || dimension > largestHistogram) {
    throw new SslError(
      `a colour histogram needs 1..256 bins for each channel and at most ${String(largestHistogram)} combinations, got ${String(bins)} bins for ${String(channels)} channels. ` +
        "Use fewer bins, or layout 'separate'.",
      { from: '@ssl/eval' },
    );
  }
  const area = height * width;
  const hits = new Float32Array(count * dimension);
  for (let pixel = 0, byte = 0; pixel < count * area; pixel++) {
    const start = Math.floor(pixel / area) * dimension;
    let combination = 0;
    for (let channel = 0; channel < channels; channel++) {
      const bin = Math.floor((images.pixels[byte++]! * bins) / 256);
      if (joint) combination = combination * bins + bin;
      else hits[start + channel * bins + bin]!++;
    }
    if (joint) hits[start + combination]!++;
  }
  return { values: hits.map((hit) => (squareRoot ? Math.sqrt(hit / area) : hit / area)), count, dimension };
}
