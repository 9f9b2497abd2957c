import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { ImageBytes } from '../features/features.js';
import type { Neighbours } from '../knn/neighbours.js';
import { chooseQueries } from './choose-queries.js';
import { imagesToBytes } from './images-to-bytes.js';
import { neighbourGallery } from './neighbour-gallery.js';
import { pictureSheet } from './picture-sheet.js';
import type { PictureSheet } from './report-data.js';
import { viewsGallery } from './views-gallery.js';

beforeAll(() => useBackend({ device: 'js' }));

/** Image i is 3 high, 2 wide, each value 40 i + its place. */
function images(count: number, channels: number): ImageBytes {
  const size = 6 * channels;
  return { pixels: Uint8Array.from({ length: count * size }, (_, i) => 40 * Math.floor(i / size) + (i % size)), shape: [count, 3, 2, channels] };
}

async function tilePixels(sheet: PictureSheet, tile: number, channels: number): Promise<number[]> {
  const left = (tile % sheet.columns) * (sheet.tileWidth + 2 * sheet.margin) + sheet.margin;
  const top = Math.floor(tile / sheet.columns) * (sheet.tileHeight + 2 * sheet.margin) + sheet.margin;
  const png = Buffer.from(sheet.png.replace(/^.*,/, ''), 'base64');
  const { data, info } = await sharp(png).extract({ left, top, width: sheet.tileWidth, height: sheet.tileHeight }).raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBeGreaterThanOrEqual(Math.min(channels, 3));
  // A grey PNG may be read as three equal channels.
  return [...data].filter((_, i) => channels !== 1 || i % info.channels === 0);
}

test.each([1, 3])('a sheet holds each picture unchanged, %d channels', async (channels) => {
  const set = images(6, channels);
  const sheet = await pictureSheet(set, [4, 0, 5, 2, 4]);
  expect(sheet).toMatchObject({ columns: 3, rows: 2, tileWidth: 2, tileHeight: 3, margin: 1, count: 5 });
  const size = 6 * channels;
  for (const [tile, row] of [4, 0, 5, 2, 4].entries()) {
    expect(await tilePixels(sheet, tile, channels)).toEqual([...set.pixels.subarray(row * size, (row + 1) * size)]);
  }
});

test('of many channels the first three are shown, the fourth not as transparency, and of two the first', async () => {
  expect(await tilePixels(await pictureSheet(images(2, 4), [1]), 0, 3)).toEqual([40, 41, 42, 44, 45, 46, 48, 49, 50, 52, 53, 54, 56, 57, 58, 60, 61, 62]);
  expect(await tilePixels(await pictureSheet(images(2, 2), [1]), 0, 1)).toEqual([40, 42, 44, 46, 48, 50]);
  const set = images(2, 5);
  const sheet = await pictureSheet(set, [1]);
  expect((await tilePixels(sheet, 0, 3)).slice(0, 6)).toEqual([40, 41, 42, 45, 46, 47]);
});

test('the edge is repeated around a tile', async () => {
  const sheet = await pictureSheet(images(1, 3));
  const { data } = await sharp(Buffer.from(sheet.png.replace(/^.*,/, ''), 'base64')).raw().toBuffer({ resolveWithObject: true });
  expect([...data.subarray(0, 12)]).toEqual([0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5]);
});

test('rows that are not there are named', async () => {
  await expect(pictureSheet(images(2, 3), [0, 2])).rejects.toThrow(/rows of 0\.\.1, got 2/);
  await expect(pictureSheet(images(2, 3), [])).rejects.toThrow(/got none/);
});

test('neighbours: every picture once, marks where both have a class', async () => {
  const neighbours: Neighbours = {
    indices: Int32Array.of(1, 2, 2, 0, 1, -1),
    similarities: Float32Array.of(0.9, 0.5, 0.8, 0.7, 0.5, Number.NaN),
    count: 3,
    k: 2,
  };
  const gallery = await neighbourGallery({
    images: images(3, 3),
    queries: [0, 2],
    rankings: [{ name: 'Raw', neighbours }, { name: 'Trained', neighbours }],
    labels: [1, 1, -1],
    classNames: ['cat', 'dog'],
  });
  expect(gallery.sheet.count).toBe(3);
  expect(gallery.rankings).toEqual(['Raw', 'Trained']);
  expect(gallery.queries[0]).toMatchObject({
    tile: 0,
    label: 'dog',
    neighbours: [[{ tile: 1, label: 'dog', sameClass: true }, { tile: 2 }], [{ tile: 1 }, { tile: 2 }]],
  });
  expect(gallery.queries[0]!.neighbours[0]![1]).not.toHaveProperty('sameClass');
  expect(gallery.queries[1]).not.toHaveProperty('label');
  expect(gallery.queries[1]!.neighbours[0]).toHaveLength(1);
  await expect(
    neighbourGallery({ images: images(9, 3), queries: [3], rankings: [{ name: 'Raw', neighbours }] }),
  ).rejects.toThrow(/queries that were searched, got row 3/);
});

test('views: view v of image i is where the section says', async () => {
  const originals = images(2, 3);
  const darker = { ...originals, pixels: originals.pixels.map((value) => value >> 1) };
  const gallery = await viewsGallery({ originals, views: [darker, originals], names: ['a.png'] });
  expect(gallery.images).toEqual([
    { name: 'a.png', original: 0, views: [2, 4] },
    { original: 1, views: [3, 5] },
  ]);
  expect(await tilePixels(gallery.sheet, 3, 3)).toEqual([...darker.pixels.subarray(18)]);
  await expect(viewsGallery({ originals, views: [images(3, 3)] })).rejects.toThrow(/\[2, 3, 2, 3\] and \[3, 3, 2, 3\]/);
});

test('normalised images come back as the bytes they were', async () => {
  const set = images(3, 3);
  const before = tf.memory().numTensors;
  const statistics = { mean: [0.4, 0.5, 0.3], deviation: [0.2, 0.25, 0.3] };
  const images01 = tf.div(tf.tensor4d([...set.pixels], [...set.shape]), 255);
  const normalised = tf.div(tf.sub(images01, statistics.mean), statistics.deviation) as tf.Tensor4D;
  expect(await imagesToBytes(normalised, statistics)).toEqual(set);
  expect([...(await imagesToBytes(tf.tensor4d([-1, 2], [1, 1, 2, 1]))).pixels]).toEqual([0, 255]);
  tf.dispose([images01, normalised]);
  expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 5);
});

test('queries are drawn by the seed, one of each class in turn', () => {
  const labels = Array.from({ length: 60 }, (_, i) => (i < 40 ? 0 : i < 59 ? 1 : 2));
  const chosen = chooseQueries({ count: 60, queries: 7, labels, seed: 3 });
  expect(chosen.map((row) => labels[row])).toEqual([0, 1, 2, 0, 1, 0, 1]);
  expect(new Set(chosen).size).toBe(7);
  expect(chooseQueries({ count: 60, queries: 7, labels, seed: 3 })).toEqual(chosen);
  expect(chooseQueries({ count: 60, queries: 7, labels, seed: 4 })).not.toEqual(chosen);
  expect(chooseQueries({ count: 3, queries: 7, seed: 0 }).sort()).toEqual([0, 1, 2]);
});
