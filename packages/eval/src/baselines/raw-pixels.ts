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
  const { pixels } = images;
  const count = images.shape[0];
  // Float32Array.from(pixels, …) would first make a list of JavaScript numbers, which ends the process at about a hundred million of them.
  const values = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) values[i] = pixels[i]! / 255;
  return { values, count, dimension: pixels.length / count };
}
