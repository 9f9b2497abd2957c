import type { Features, ImageBytes } from '../features/features.js';
import { checkImages } from './check-images.js';

/**
 * The pixels themselves as features, in 0..1: what a representation must beat to have learned anything.
 *
 * @param images Bytes, `[count, height, width, channels]`.
 * @returns `[count, height * width * channels]`.
 * @throws SslError where the bytes do not fill the shape.
 * @example
 * rawPixels({ pixels: Uint8Array.of(0, 255), shape: [1, 1, 2, 1] }).values; // Float32Array [0, 1]
 */
export function rawPixels(images: ImageBytes): Features {
  checkImages(images);
  const count = images.shape[0];
  return { values: Float32Array.from(images.pixels, (byte) => byte / 255), count, dimension: images.pixels.length / count };
}
