import { useBackend } from '@ssl/backend';
import { disposeTree, smallConvNet, visionTransformer, vitTiny } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { attentionPictures } from './attention-pictures.js';
import { classAttention } from './class-attention.js';
import { topMass } from './top-mass.js';

beforeAll(() => useBackend({ device: 'cpu' }));

describe('a map of 2 x 2 patches over an image of 8 x 8', () => {
  const white = { pixels: new Uint8Array(64 * 3).fill(200), shape: [1, 8, 8, 3] as const };
  // Head 1 looks at the patch at the top right, head 2 at the one at the bottom left.
  const attention = { values: Float32Array.of(0, 0.8, 0.1, 0, 0, 0, 0.9, 0), shape: [1, 2, 2, 2] as const };
  const pixel = (images: { pixels: Uint8Array }, y: number, x: number): number[] => [...images.pixels.slice((y * 8 + x) * 3, (y * 8 + x) * 3 + 3)];

  test('lands where it must', () => {
    const columns = attentionPictures({ images: white, attention, enlarge: 'nearest' });
    expect(columns.map(({ name }) => name)).toEqual(['Image', 'Head 1', 'Head 2', 'Top 60 %']);
    const [image, first, second, top] = columns.map(({ images }) => images);
    expect([...image!.pixels]).toEqual([...white.pixels]);
    const [hot, cold] = [Math.round(0.7 * 255 + 0.3 * 200), 60];
    for (const [y, x] of [[0, 4], [3, 7]] as const) expect(pixel(first!, y, x)).toEqual([hot, hot, hot]);
    for (const [y, x] of [[0, 3], [4, 4], [7, 7]] as const) expect(pixel(first!, y, x)).toEqual([cold, cold, cold]);
    expect(pixel(second!, 7, 0)).toEqual([hot, hot, hot]);
    expect(pixel(second!, 0, 7)).toEqual([cold, cold, cold]);
    // Mean of the heads: 0.4 at the top right, 0.5 at the bottom left; 60 % need both.
    for (const [y, x] of [[0, 7], [7, 0]] as const) expect(pixel(top!, y, x)).toEqual([200, 200, 200]);
    for (const [y, x] of [[0, 0], [7, 7]] as const) expect(pixel(top!, y, x)).toEqual([30, 30, 30]);
  });

  test('bilinear maps are highest at the middle of the patch and fall off evenly', () => {
    const [, first] = attentionPictures({ images: white, attention }).map(({ images }) => images);
    const red = Array.from({ length: 8 }, (_, x) => pixel(first!, 0, x)[2]!);
    expect(red).toEqual([...red].sort((a, b) => a - b));
    expect(red[0]).toBe(60);
    expect(red[7]).toBe(Math.round(0.7 * 255 + 60));
    expect(red[4]).toBeLessThan(red[7]!);
  });

  test('grey images are drawn, four channels are explained', () => {
    const grey = { pixels: new Uint8Array(64).fill(9), shape: [1, 8, 8, 1] as const };
    expect(pixel(attentionPictures({ images: grey, attention })[0]!.images, 3, 3)).toEqual([9, 9, 9]);
    expect(() => attentionPictures({ images: { pixels: new Uint8Array(256), shape: [1, 8, 8, 4] }, attention })).toThrow(/1 or 3 channels.*got 1 images of 4 channels/);
  });
});

test('top mass', () => {
  expect([...topMass([0.5, 0.1, 0.3, 0.1], 0.6)]).toEqual([1, 0, 1, 0]);
  expect([...topMass([0.5, 0.1, 0.3, 0.1], 0.5)]).toEqual([1, 0, 0, 0]);
  expect([...topMass([1, 1], 1)]).toEqual([1, 1]);
  expect(() => topMass([1], 0)).toThrow(/got 0. DINO draws 0.6/);
});

describe('attention of a network', () => {
  test('is that of the class token to the patches, without the registers', async () => {
    const vit = vitTiny({ imageSize: 8, patchSize: 4, width: 16, heads: 2, depth: 2, registers: 3 });
    const variables = vit.init(0);
    const before = tf.memory().numTensors;
    const images = tf.randomUniform<tf.Rank.R4>([2, 8, 12, 3], -1, 1, 'float32', 1);
    const { values, shape } = await classAttention(vit, variables, images);
    images.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(shape).toEqual([2, 2, 2, 3]);
    const sums = Array.from({ length: 4 }, (_, map) => values.slice(map * 6, (map + 1) * 6).reduce((sum, value) => sum + value, 0));
    // 6 of 10 tokens of a fresh network are patches.
    for (const sum of sums) expect(sum).toBeGreaterThan(0.4);
    for (const sum of sums) expect(sum).toBeLessThan(0.8);
    disposeTree(variables);
  });

  test.each([
    [smallConvNet(), /needs? a Vision Transformer with a class token, got 'small-conv-net'/],
    [visionTransformer({ imageSize: 8, patchSize: 4, width: 16, heads: 2, depth: 1, classToken: false, pool: 'mean' }), /got 'vit' without one/],
  ])('another network is explained', async (backbone, message) => {
    const variables = backbone.init(0);
    await expect(classAttention(backbone, variables, tf.zeros([1, 8, 8, 3]))).rejects.toThrow(message);
    disposeTree(variables);
  });
});
