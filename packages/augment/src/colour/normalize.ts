import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';

export interface NormalizeOptions {
  /** One for each channel, or one for all. */
  readonly mean?: readonly number[];
  /** Standard deviation, above 0; one for each channel, or one for all. */
  readonly deviation?: readonly number[];
}

/** Mean and deviation of ImageNet's channels, used for 3 channels unless others are given. */
export const imagenetStatistics = {
  mean: [0.485, 0.456, 0.406],
  deviation: [0.229, 0.224, 0.225],
} as const satisfies NormalizeOptions;

/** Used for images of other than 3 channels. */
const plainStatistics = { mean: [0.5], deviation: [0.25] } as const satisfies NormalizeOptions;

/** What {@link normalize} takes where nothing is given: ImageNet's for 3 channels, mean .5 and deviation .25 for others. */
export function defaultNormalization(channels: number): Required<NormalizeOptions> {
  return channels === 3 ? imagenetStatistics : plainStatistics;
}

/**
 * `(x - mean) / deviation` for each channel.
 *
 * @throws SslError when the counts do not fit the image's channels, or a deviation is not positive.
 */
export function applyNormalize(planes: Planes, options: NormalizeOptions = {}): Planes {
  const channels = planes.shape[1];
  const { mean, deviation } = { ...defaultNormalization(channels), ...options };
  const fits = [mean, deviation].every((values) => values.length === 1 || values.length === channels);
  if (!fits || !deviation.every((value) => value > 0)) {
    throw new SslError(
      `normalize needs mean and deviation (above 0) for each of the ${String(channels)} channels or one for all, ` +
        `got mean [${mean.join(', ')}] and deviation [${deviation.join(', ')}]. Give as many as the images have channels.`,
      { from: '@ssl/augment' },
    );
  }
  return tf.tidy(() => {
    const each = (values: readonly number[]): Tensor4D => tf.tensor4d([...values], [1, values.length, 1, 1]);
    return tf.mul(tf.sub(planes, each(mean)), each(deviation.map((value) => 1 / value)));
  });
}

/** Subtracts the mean and divides by the deviation of each channel; ImageNet's unless others are given. */
export function normalize(options: NormalizeOptions = {}): Transform<Record<string, never>> {
  return { name: 'normalize', imagewise: true, draw: () => ({}), apply: (planes) => applyNormalize(planes, options) };
}
