import { useBackend } from '@ssl/backend';
import type { HostBatch, Views } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { embedBatches, embedDataset } from './embed-dataset.js';
import { collectImages, imageBatches } from './image-set.js';
import { labelledRows } from './labelled-rows.js';

beforeAll(() => useBackend({ device: 'js' }));

function batch(pixels: number[], first: number, labels?: number[]): HostBatch {
  const count = pixels.length / 2;
  return {
    pixels: Uint8Array.from(pixels),
    shape: [count, 1, 2, 1],
    indices: Int32Array.from({ length: count }, (_, i) => first + i),
    aspects: new Float32Array(count).fill(1),
    ...(labels ? { labels: Int32Array.from(labels) } : {}),
  };
}

const embed = ({ weight, images }: { weight: tf.Tensor2D; images: tf.Tensor4D }): tf.Tensor2D =>
  tf.matMul(tf.reshape(images, [-1, 2]), weight) as tf.Tensor2D;
const halve: Views = ({ images }) => ({ views: [tf.div(images, 2)] });

test('features, labels, groups and positions in the order of the batches, nothing left behind', async () => {
  const state = { weight: tf.tensor2d([1, 0, 1, 0, 1, -1], [2, 3]) };
  const before = tf.memory().numTensors;
  const seen: number[] = [];
  const result = await embedDataset({
    embed,
    state,
    views: halve,
    batches: [batch([255, 0, 0, 255], 0, [1, 2]), batch([255, 255], 5, [-1])],
    groups: [7, 8, 9, 10, 11, 12],
    onProgress: (images) => seen.push(images),
  });
  expect(tf.memory().numTensors).toBe(before);
  expect(state.weight.isDisposed).toBe(false);
  expect([...result.values]).toEqual([0.5, 0, 0.5, 0, 0.5, -0.5, 0.5, 0.5, 0]);
  expect(result).toMatchObject({ count: 3, dimension: 3 });
  expect([...result.indices]).toEqual([0, 1, 5]);
  expect([...result.labels!]).toEqual([1, 2, -1]);
  expect([...result.groups!]).toEqual([7, 8, 12]);
  expect(seen).toEqual([2, 3]);

  const labelled = labelledRows(result);
  expect([...labelled.rows]).toEqual([0, 1]);
  expect([...labelled.values]).toEqual([0.5, 0, 0.5, 0, 0.5, -0.5]);
  expect([...labelled.groups!]).toEqual([7, 8]);
});

test('batch by batch nothing is computed ahead of what was taken, and stopping early leaves nothing behind', async () => {
  const state = { weight: tf.tensor2d([1, 0, 1, 0, 1, -1], [2, 3]) };
  const before = tf.memory().numTensors;
  let made = 0;
  const batches = function* (): Generator<HostBatch> {
    for (; made < 5; made++) yield batch([255, 0], made, [made]);
  };
  const counts: number[] = [];
  for await (const { values, indices, labels, count, dimension } of embedBatches({ embed, state, batches: batches() })) {
    counts.push(count);
    expect([[...values], [...indices], [...labels!], dimension]).toEqual([[1, 0, 1], [made], [made], 3]);
    if (counts.length === 2) break;
  }
  expect([counts, made]).toEqual([[1, 1], 1]);
  expect(tf.memory().numTensors).toBe(before);
});

test('without labels there are none', async () => {
  const state = { weight: tf.tensor2d([1, 0, 0, 1], [2, 2]) };
  const result = await embedDataset({ embed, state, batches: [batch([1, 2], 0)] });
  expect(result.labels).toBeUndefined();
  expect(() => labelledRows(result)).toThrow(/none of the images has one/);
});

test('a failing network does not leak the batch', async () => {
  const before = tf.memory().numTensors;
  const failing = (): tf.Tensor2D => {
    throw new Error('no such layer');
  };
  await expect(embedDataset({ embed: failing, state: {}, batches: [batch([1, 2], 0)] })).rejects.toThrow('no such layer');
  expect(tf.memory().numTensors).toBe(before);
});

test('no images, two views, mixed sizes are explained', async () => {
  const state = { weight: tf.tensor2d([1, 0, 0, 1], [2, 2]) };
  await expect(embedDataset({ embed, state, batches: [] })).rejects.toThrow(/needs images, got none/);
  await expect(collectImages([])).rejects.toThrow(/needs images, got none/);
  const two: Views = ({ images }) => ({ views: [images, images] });
  await expect(embedDataset({ embed, state, views: two, batches: [batch([1, 2], 0)] })).rejects.toThrow(/one view of each image, got 2/);
  const wide: HostBatch = { ...batch([1, 2], 1), shape: [1, 2, 1, 1] };
  await expect(collectImages([batch([1, 2], 0), wide])).rejects.toThrow(/one size, got 1 x 2 x 1 and 2 x 1 x 1/);
});

test('images are collected and handed out again', async () => {
  const images = await collectImages([batch([1, 2, 3, 4], 3, [0, 1]), batch([5, 6], 9, [2])]);
  expect([...images.pixels]).toEqual([1, 2, 3, 4, 5, 6]);
  expect(images.shape).toEqual([3, 1, 2, 1]);
  expect([...images.indices]).toEqual([3, 4, 9]);
  const again = [...imageBatches(images, 2)];
  expect(again.map(({ shape }) => shape[0])).toEqual([2, 1]);
  expect([...again[1]!.pixels, ...again[1]!.labels!, ...again[1]!.indices]).toEqual([5, 6, 2, 9]);
});
