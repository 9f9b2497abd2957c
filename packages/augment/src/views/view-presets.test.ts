import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { beforeAll, describe, expect, it } from 'vitest';
import { dinoViews, multiCropViews, swavViews, viewPresets, viewTransforms } from '../index.js';

const batch = 2;
const input = (channels: number): { images: Tensor4D; aspects: Tensor1D; key: Tensor1D } => ({
  images: randomUniform<tf.Rank.R4>([batch, 20, 20, channels], randomKey(1, 0, 'pixels')),
  aspects: tf.tensor1d([1, 1.5]),
  key: randomKey(3, 0, 'views'),
});

/** Views that each paper makes. */
const counts = { simclr: 2, 'moco-v2': 2, byol: 2, swav: 8, dino: 10, 'dino-v2': 10, mae: 1, vicreg: 2 } as const;

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('viewPresets', () => {
  it.each(Object.keys(counts) as (keyof typeof counts)[])('%s makes its views, global crops first', (name) => {
    const { views } = viewPresets[name]({ size: 16 })(input(3));
    const globalCount = Math.min(2, counts[name]);
    expect(views.map(({ shape }) => shape)).toEqual([
      ...Array.from({ length: globalCount }, () => [batch, 16, 16, 3]),
      ...Array.from({ length: counts[name] - globalCount }, () => [batch, 8, 8, 3]),
    ]);
    const sums = views.map((view) => tf.sum(view).dataSync()[0]);
    expect(new Set(sums).size).toBe(counts[name]); // no two are the same
    expect(sums.every((sum) => Number.isFinite(sum))).toBe(true);
  });

  it.each(['swav', 'dino', 'dino-v2'] as const)('the small crops of %s are split by the patches of the network', (name) => {
    const { views } = viewPresets[name]({ size: 20, patchSize: 5 })(input(3));
    expect(views.map(({ shape }) => shape[1])).toEqual([20, 20, ...Array.from({ length: counts[name] - 2 }, () => 10)]);
  });

  it.each([1, 5])('every preset works on images of %i channels', (channels) => {
    for (const preset of Object.values(viewPresets)) {
      const { views } = preset({ size: 16, channels })(input(channels));
      expect(views[0]?.shape).toEqual([batch, 16, 16, channels]);
    }
  });

  it.each(['simclr', 'moco-v2', 'byol', 'swav', 'dino', 'dino-v2', 'vicreg'] as const)('the jitter of %s has the strength that is asked for', (name) => {
    const count = 16;
    const images = tf.tile<Tensor4D>(tf.tensor4d([0.6, 0.4, 0.2], [1, 1, 1, 3]), [count, 16, 16, 1]); // one colour: crops and flips change nothing
    const colours = (strength: number): number => {
      const { views } = viewPresets[name]({ size: 16, strength })({ images, aspects: tf.ones([count]), key: randomKey(3, 0, 'views') });
      const means = tf.mean(views[0]!, [1, 2]).arraySync() as number[][];
      return new Set(means.map((colour) => colour.map((value) => value.toFixed(3)).join())).size;
    };
    expect(colours(0)).toBeLessThanOrEqual(4); // as it is, grey, and either of them solarized
    expect(colours(1)).toBeGreaterThan(8);
  });

  it('blurs as the paper does: always the first view of BYOL, seldom the second', () => {
    const images = randomUniform<tf.Rank.R4>([8, 66, 66, 3], randomKey(1, 0, 'noise'));
    const { views } = viewPresets.byol({ size: 66, scale: [0.9, 1] })({ images, aspects: tf.ones([8]), key: randomKey(3, 0, 'views') });
    const [first, second] = views.map((view) => {
      const step = tf.sub(tf.slice(view, [0, 0, 1, 0]), tf.slice(view, [0, 0, 0, 0], [-1, -1, 65, -1]));
      return tf.mean(tf.abs(step)).dataSync()[0] ?? NaN;
    });
    expect(first).toBeLessThan(0.7 * (second ?? NaN));
  });
});

describe('multi-crop', () => {
  it('takes counts, sizes and scales as given', () => {
    const { views } = swavViews({ size: 20, localSize: 12, localCount: 3 })(input(3));
    expect(views.map(({ shape }) => shape[1])).toEqual([20, 20, 12, 12, 12]);
    expect(dinoViews({ size: 20, localCount: 0 })(input(3)).views.length).toBe(2);
  });

  it('refuses counts that are no whole numbers', () => {
    expect(() => multiCropViews([{ count: 1.5, transforms: () => viewTransforms({ size: 8 }) }])).toThrow(/whole number/);
  });
});
