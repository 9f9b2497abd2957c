import type { ImageBytes } from '@ssl/eval';
import { describe, expect, test } from 'vitest';
import { measureBorders, measureColours, measurePairs } from './view-measures.js';

/** Images whose pixels a function gives. */
function paint(count: number, side: number, channels: number, value: (image: number, y: number, x: number, channel: number) => number): ImageBytes {
  const pixels = new Uint8Array(count * side * side * channels);
  for (let at = 0; at < pixels.length; at++) {
    const pixel = Math.floor(at / channels);
    pixels[at] = value(Math.floor(pixel / (side * side)), Math.floor(pixel / side) % side, pixel % side, at % channels);
  }
  return { pixels, shape: [count, side, side, channels] };
}
const hash = (...numbers: readonly number[]): number => (numbers.reduce((state, number) => Math.imul(state ^ number, 2654435761) ^ (state >>> 15), 12345) >>> 8) & 255;

test('measureBorders: what lies outside the box of all that is not white', () => {
  const images = paint(4, 10, 3, (image, y, x) => {
    if (image === 0) return 100; // full
    if (image === 1) return y >= 2 && y < 7 && x >= 3 && x < 5 ? 0 : 255; // 5 x 2 of 10 x 10
    return image === 2 ? 255 : 252;
  });
  expect(measureBorders(images)).toEqual([0, 0.9, 1, 1]);
});

test('measureColours: grey pixels have none, nor do those that JPEG tinted', () => {
  const images = paint(3, 4, 3, (image, y, _, channel) => {
    if (image === 0) return 50 * y;
    if (image === 1) return 100 + 4 * channel;
    return y < 1 ? 100 * channel : 90;
  });
  expect(measureColours(images)).toEqual([0, 0, 0.25]);
});

describe('measurePairs', () => {
  const things = (count: number, side: number, mirrored = false, seed = 0): ImageBytes =>
    paint(count, side, 3, (image, y, x, channel) => hash(seed, image, Math.floor((4 * y) / side), Math.floor((4 * (mirrored ? side - 1 - x : x)) / side), channel));

  test('views that are the same, mirrored, or of another size, are at no distance', () => {
    for (const view of [things(30, 16), things(30, 16, true), things(30, 8)]) {
      expect(measurePairs(things(30, 16), view)).toEqual({ images: 30, distance: 0, recognised: 1 });
    }
  });

  test('views of other images are strangers', () => {
    const { distance, recognised } = measurePairs(things(200, 16), things(200, 16, false, 99));
    expect(distance).toBeGreaterThan(0.95);
    expect(distance).toBeLessThan(1.05);
    expect(Math.abs(recognised - 0.5)).toBeLessThan(0.08); // standard error .02
  });

  test('images that are all alike cannot be told apart', () => {
    const alike = paint(5, 8, 1, () => 7);
    expect(measurePairs(alike, alike)).toEqual({ images: 5, distance: 0, recognised: 0.5 });
  });
});
