import { describe, expect, test } from 'vitest';
import golden from './__fixtures__/baselines.json' with { type: 'json' };
import { colourHistogram } from './colour-histogram.js';
import type { BlockNorm } from './hog-block.js';
import { hog } from './hog.js';
import { rawPixels } from './raw-pixels.js';

type Shape = [number, number, number, number];

describe.each(golden.hog)('HOG as scikit-image: shape $shape, $options', ({ shape, pixels, options, values }) => {
  test('every number', () => {
    const actual = hog(
      { pixels: Uint8Array.from(pixels), shape: shape as Shape },
      { ...options, blockNorm: options.blockNorm as BlockNorm },
    );
    expect(actual.count).toBe(shape[0]);
    expect(actual.values).toHaveLength(values.length);
    expect(actual.dimension * actual.count).toBe(values.length);
    values.forEach((value, i) => {
      expect(Math.abs(actual.values[i]! - value)).toBeLessThan(2e-7);
    });
  });
});

test.each(golden.histogram)('colour histogram as numpy: shape $shape, $bins bins, $layout, root $squareRoot', ({ shape, pixels, bins, layout, squareRoot, values }) => {
  const actual = colourHistogram(
    { pixels: Uint8Array.from(pixels), shape: shape as Shape },
    { bins, layout: layout as 'joint' | 'separate', squareRoot },
  );
  expect(actual.dimension * actual.count).toBe(values.length);
  values.forEach((value, i) => {
    expect(actual.values[i]).toBeCloseTo(value, 6);
  });
});

test('without a cell size HOG has eight cells a side, whatever the size', () => {
  for (const size of [16, 32, 50]) {
    const images = { pixels: Uint8Array.from({ length: size * size * 3 }, (_, i) => (i * 37) % 251), shape: [1, size, size, 3] as const };
    expect(hog(images).dimension).toBe(7 * 7 * 4 * 9);
  }
});

test('raw pixels keep the order of the bytes', () => {
  const { values, count, dimension } = rawPixels({ pixels: Uint8Array.of(0, 51, 255, 102), shape: [2, 1, 1, 2] });
  expect([...values]).toEqual([0, Math.fround(0.2), 1, Math.fround(0.4)]);
  expect([count, dimension]).toEqual([2, 2]);
});

test('images that do not fit are explained', () => {
  const images = { pixels: new Uint8Array(2 * 4 * 4 * 3), shape: [2, 4, 4, 3] as const };
  expect(() => rawPixels({ ...images, shape: [3, 4, 4, 3] })).toThrow(/\[3, 4, 4, 3\] and 96 bytes/);
  expect(() => hog(images, { cellSize: 8 })).toThrow(/at least blockSize \* cellSize pixels \(2 \* 8\), got 4 x 4/);
  expect(() => hog(images, { orientations: 0, cellSize: 1 })).toThrow(/0 orientations/);
  expect(() => colourHistogram(images, { bins: 0 })).toThrow(/1\.\.256 bins/);
  expect(() => colourHistogram(images, { bins: 256 })).toThrow(/at most 1048576 combinations/);
  expect(colourHistogram(images, { bins: 256, layout: 'separate' }).dimension).toBe(768);
});
