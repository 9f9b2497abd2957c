import { SslError } from '@ssl/core';
import type { ImageBytes } from '../features/features.js';

/** Checks that the bytes fill the shape. */
export function checkImages({ pixels, shape }: ImageBytes): void {
  const expected = shape.reduce((product, size) => product * size, 1);
  if (shape.length !== 4 || !shape.every((size) => Number.isInteger(size) && size > 0) || pixels.length !== expected) {
    throw new SslError(
      `images need a shape [count, height, width, channels] of positive numbers and as many bytes, got [${shape.join(', ')}] and ${String(pixels.length)} bytes. ` +
        'Pack all images to one size first.',
      { from: '@ssl/eval' },
    );
  }
}
