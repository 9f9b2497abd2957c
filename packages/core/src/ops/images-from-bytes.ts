import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { hasKernel, runKernel } from './run-kernel.js';

/**
 * Packed bytes from the host as images on the device: float32, byte / 255, so in 0..1.
 *
 * @param pixels - NHWC.
 * @param shape - `[batch, height, width, channels]`.
 * @throws SslError where the number of bytes is not the shape's.
 * @example
 * imagesFromBytes(Uint8Array.of(0, 255), [1, 1, 2, 1]); // [[[[0], [1]]]]
 */
export function imagesFromBytes(
  pixels: Uint8Array,
  shape: readonly [number, number, number, number],
): Tensor4D {
  const size = shape.reduce((product, length) => product * length, 1);
  if (pixels.length !== size) {
    throw new SslError(
      `imagesFromBytes needs ${String(size)} bytes for shape [${shape.join(', ')}], got ${String(pixels.length)}. Give [batch, height, width, channels] of these pixels.`,
      { from: '@ssl/core' },
    );
  }
  if (hasKernel('SslImagesFromBytes')) return runKernel<Tensor4D>('SslImagesFromBytes', {}, { pixels, shape });
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = pixels[i]! / 255;
  return tf.tensor4d(values, [...shape]);
}
