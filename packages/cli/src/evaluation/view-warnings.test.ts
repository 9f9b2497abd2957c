import { describe, expect, test } from 'vitest';
import { viewWarningLimits, viewWarnings, type ViewMeasures } from './view-warnings.js';

const photos = Array.from({ length: 100 }, (_, i): [number, number] => (i % 2 === 0 ? [500, 375] : [333, 480]));
/** Photos with SimCLR's views. */
const healthy: ViewMeasures = {
  imageSize: 224,
  sizes: photos,
  borders: photos.map(() => 0),
  coloured: photos.map(() => 0.7),
  pairs: { images: 200, distance: 0.8, recognised: 0.65 },
};
/** As measured on 200 emoji at 32 pixels. */
const emoji: ViewMeasures = {
  imageSize: 32,
  sizes: photos.map(() => [32, 32]),
  borders: photos.map((_, i) => 0.004 * i),
  coloured: photos.map((_, i) => 0.16 + 0.006 * i),
  pairs: { images: 200, distance: 0.838, recognised: 0.623 },
};
const kinds = (change: Partial<ViewMeasures>, base = healthy): string[] => viewWarnings({ ...base, ...change }).map(({ kind }) => kind);

test('says nothing about healthy sets', () => {
  expect(viewWarnings(healthy)).toEqual([]);
  expect(viewWarnings(emoji)).toEqual([]);
});

describe('warns', () => {
  test('of views that are nearly identical', () => {
    expect(kinds({ pairs: { images: 200, distance: 0, recognised: 1 } })).toEqual(['identical']);
    expect(kinds({ pairs: { images: 200, distance: 0.094, recognised: 1 } })).toEqual(['identical']); // crops from 90 % of the area
    expect(kinds({ pairs: { images: 200, distance: 0.301, recognised: 0.99 } })).toEqual([]); // crops from half of it
  });

  test('of views that are nearly unrelated, where there are enough to judge', () => {
    const noise = { images: 200, distance: 0.96, recognised: 0.52 };
    expect(kinds({ pairs: noise })).toEqual(['unrelated']);
    expect(kinds({ pairs: { ...noise, images: viewWarningLimits.imagesToJudge - 1 } })).toEqual([]);
  });

  test('of white border', () => {
    expect(kinds({ borders: photos.map((_, i) => (i < 60 ? 0.7 : 0)) })).toEqual(['white border']);
    expect(kinds({ borders: photos.map((_, i) => (i < 40 ? 0.7 : 0)) })).toEqual([]);
  });

  test('of grey images', () => {
    const [warning] = viewWarnings({ ...healthy, coloured: photos.map((_, i) => (i < 80 ? 0 : 0.5)) });
    expect(warning?.kind).toBe('grey');
    expect(warning?.text).toMatch(/^80 % of the images are grey.*--channels 1/);
  });

  test('of tiny images, by themselves and for the size of the network', () => {
    const sides = (side: number): ViewMeasures['sizes'] => photos.map(() => [side, side]);
    expect(kinds({ imageSize: 12, sizes: sides(12) })).toEqual(['tiny']);
    expect(kinds({ imageSize: 64, sizes: sides(28) })).toEqual(['tiny']);
    expect(kinds({ imageSize: 32, sizes: sides(28) })).toEqual([]);
    expect(viewWarnings({ ...healthy, imageSize: 64, sizes: sides(28) })[0]?.text).toMatch(/tiny for 64 pixels: about 28.*--image-size 28/);
  });

  test('of mixed sizes', () => {
    const mixed = photos.map((_, i): [number, number] => (i % 2 === 0 ? [120, 120] : [900, 600]));
    expect(kinds({ imageSize: 64, sizes: mixed })).toEqual(['mixed sizes']);
    const outlier = photos.map((size, i): readonly [number, number] => (i < 5 ? [9000, 9000] : size));
    expect(kinds({ sizes: outlier })).toEqual([]);
  });

  test('of all that is wrong at once', () => {
    const all: ViewMeasures = {
      imageSize: 64,
      sizes: photos.map((_, i) => (i % 2 === 0 ? [8, 8] : [80, 80])),
      borders: photos.map(() => 0.9),
      coloured: photos.map(() => 0),
      pairs: { images: 100, distance: 0, recognised: 1 },
    };
    expect(viewWarnings({ ...all, sizes: photos.map((_, i) => (i % 10 === 0 ? [80, 80] : [8, 8])) }).map(({ kind }) => kind)).toEqual(['identical', 'white border', 'grey', 'tiny', 'mixed sizes']);
  });
});

test('images without views to compare are judged by themselves', () => {
  const { imageSize, sizes, borders, coloured } = healthy;
  expect(viewWarnings({ imageSize, sizes, borders, coloured })).toEqual([]);
});
