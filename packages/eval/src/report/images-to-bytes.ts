import * as tf from '@tensorflow/tfjs-core';
import type { ImageBytes } from '../features/features.js';

export interface ImagesToBytesOptions {
  /** Mean of each channel that was subtracted, or one for all. */
  readonly mean?: readonly number[];
  /** Deviation of each channel that was divided by, or one for all. */
  readonly deviation?: readonly number[];
}

export const imagesToBytesDefaults = { mean: [0], deviation: [1] } as const satisfies ImagesToBytesOptions;

/**
 * Images on the device as bytes for pictures, normalisation undone: `round(255 (x deviation + mean))`, clipped.
 *
 * @param images `[batch, height, width, channels]`; stays the caller's.
 * @example
 * await imagesToBytes(tf.ones([1, 1, 1, 3])); // { pixels: [255, 255, 255], shape: [1, 1, 1, 3] }
 */
export async function imagesToBytes(images: tf.Tensor4D, options: ImagesToBytesOptions = {}): Promise<ImageBytes> {
  const { mean, deviation } = { ...imagesToBytesDefaults, ...options };
  const bytes = tf.tidy(() =>
    tf.cast(tf.clipByValue(tf.round(tf.mul(tf.add(tf.mul(images, [...deviation]), [...mean]), 255)), 0, 255), 'int32'),
  );
  const pixels = Uint8Array.from(await bytes.data<'int32'>());
  bytes.dispose();
  return { pixels, shape: images.shape };
}
