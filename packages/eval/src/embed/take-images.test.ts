import { expect, test } from 'vitest';
import type { ImageSet } from './image-set.js';
import { takeImages } from './take-images.js';

test('images, labels, positions and aspects of the rows in their order, as a copy', () => {
  const images: ImageSet = {
    pixels: Uint8Array.of(1, 2, 3, 4, 5, 6),
    shape: [3, 1, 2, 1],
    indices: Int32Array.of(7, 8, 9),
    aspects: Float32Array.of(1, 2, 0.5),
    labels: Int32Array.of(0, 1, -1),
  };
  const taken = takeImages(images, [2, 0, 2]);
  expect(taken).toEqual({
    pixels: Uint8Array.of(5, 6, 1, 2, 5, 6),
    shape: [3, 1, 2, 1],
    indices: Int32Array.of(9, 7, 9),
    aspects: Float32Array.of(0.5, 1, 0.5),
    labels: Int32Array.of(-1, 0, -1),
  });
  taken.pixels[0] = 0;
  expect(images.pixels[4]).toBe(5);
});
