import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { compile, randomKey, type ViewsInput } from '@ssl/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { blockMasks, evalViews, imageMasks, maeViews, maskedCount, randomMasks, withMasks } from '../index.js';

const numbers = (tensor: tf.Tensor | undefined): number[] => [...(tensor ?? tf.tensor([])).dataSync()];
const input = (batch: number, step = 0): ViewsInput => ({
  images: tf.ones([batch, 16, 16, 3]),
  aspects: tf.ones([batch]),
  key: randomKey(4, step, 'views'),
});
const plain = evalViews({ size: 16 });

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('withMasks', () => {
  it('leaves the views as they are', () => {
    const views = maeViews({ size: 16 });
    const draw = randomMasks({ patches: 16, masked: 12 });
    expect(numbers(withMasks(views, draw)(input(3)).views[0])).toEqual(numbers(views(input(3)).views[0]));
  });

  it('keeps the other extras, and refuses a name twice', () => {
    const labelled = withMasks(plain, (batch) => ({ labels: tf.zeros([batch]) }));
    expect(Object.keys(withMasks(labelled, randomMasks({ patches: 4, masked: 1 }))(input(2)).extras ?? {})).toEqual([
      'labels',
      'mask',
      'keep',
      'restore',
    ]);
    const twice = withMasks(labelled, (batch) => ({ labels: tf.ones([batch]) }));
    expect(() => twice(input(2))).toThrow(/name of its own.*'labels' twice/);
  });

  it("hides MAE's count of every image, others in each step", () => {
    const masked = withMasks(plain, randomMasks({ patches: 64, masked: maskedCount(64, 0.75) }));
    const [one, other] = [masked(input(5)).extras?.mask, masked(input(5, 1)).extras?.mask];
    expect(numbers(tf.sum(one!, 1))).toEqual([48, 48, 48, 48, 48]);
    expect(numbers(other)).not.toEqual(numbers(one));
  });

  it("hides BEiT's count in blocks", () => {
    const { mask } = withMasks(plain, blockMasks({ grid: [14, 14], count: 75 }))(input(6)).extras ?? {};
    expect(mask?.shape).toEqual([6, 196]);
    expect(numbers(tf.sum(mask!, 1))).toEqual(new Array(6).fill(75));
  });

  it('masks exactly the stated share of the global crops, one in each part of the range of ratios', () => {
    const draw = imageMasks({ grid: [8, 8], probability: 0.5, ratio: [0.1, 0.5] });
    const { masks } = withMasks(plain, draw)(input(10)).extras ?? {};
    expect(masks?.shape).toEqual([10, 2, 64]);
    const counts = numbers(tf.sum(masks!, 2)).filter((count) => count > 0).sort((a, b) => a - b);
    expect(counts.length).toBe(10);
    for (const [part, count] of counts.entries()) {
      expect(count).toBeGreaterThanOrEqual(Math.floor(64 * (0.1 + 0.04 * part) - 1e-3));
      expect(count).toBeLessThanOrEqual(Math.floor(64 * (0.1 + 0.04 * (part + 1)) + 1e-3));
    }
  });

  it('can be compiled', async () => {
    await useBackend({ device: 'cpu' });
    const views = withMasks(plain, imageMasks({ grid: [4, 4] }));
    const run = (args: { key: tf.Tensor1D }): Record<string, tf.Tensor> => ({ ...views({ ...input(4), key: args.key }).extras });
    const compiled = compile(run, { name: 'masks' });
    const key = randomKey(4, 2, 'views');
    expect(numbers((await compiled({ key })).masks)).toEqual(numbers(run({ key }).masks));
    compiled.dispose();
    await useBackend({ device: 'js' });
  });
});
