import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { beforeAll, describe, expect, it } from 'vitest';
import { composeViews, evalViews, normalize, randomGreyscale, simclrViews } from '../index.js';

const batch = 4;
const input = (channels = 3, size = 12, step = 0): { images: Tensor4D; aspects: Tensor1D; key: Tensor1D } => ({
  images: randomUniform<tf.Rank.R4>([batch, size, size, channels], randomKey(1, 0, 'pixels')),
  aspects: tf.tensor1d([1, 0.5, 2, 1.3]),
  key: randomKey(3, step, 'views'),
});
const values = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('simclrViews', () => {
  it('makes two different views of the stated size, the same for the same key', () => {
    const views = simclrViews({ size: 8 });
    const { views: [first, second] } = views(input());
    const { views: [again] } = views(input());
    const { views: [later] } = views(input(3, 12, 1));
    expect(first?.shape).toEqual([batch, 8, 8, 3]);
    expect(values(first!)).not.toEqual(values(second!));
    expect(values(again!)).toEqual(values(first!));
    expect(values(later!)).not.toEqual(values(first!));
  });

  it('stays within the range of normalised pixels', () => {
    const { views } = simclrViews({ size: 80, normalization: { mean: [0.5], deviation: [0.5] } })(input());
    for (const view of views) {
      expect(tf.min(view).dataSync()[0]).toBeGreaterThanOrEqual(-1 - 1e-5);
      expect(tf.max(view).dataSync()[0]).toBeLessThanOrEqual(1 + 1e-5);
    }
  });

  it.each([1, 4, 7])('works on images of %i channels', (channels) => {
    const { views } = simclrViews({ size: 8, channels })(input(channels));
    expect(views.map((view) => view.shape)).toEqual([[batch, 8, 8, channels], [batch, 8, 8, channels]]);
  });

  it('takes bytes as well', () => {
    const given = input();
    const bytes = tf.cast<Tensor4D>(tf.round(tf.mul(given.images, 255)), 'int32');
    const views = simclrViews({ size: 8 });
    const [fromBytes] = views({ ...given, images: bytes }).views;
    const [fromFloats] = views({ ...given, images: tf.div(bytes, 255) }).views;
    expect(values(fromBytes!)).toEqual(values(fromFloats!));
  });

  it('keeps no tensor but the views', () => {
    const views = simclrViews({ size: 8 });
    const given = input();
    const before = tf.memory().numTensors;
    const made = views(given);
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([...made.views]);
  });
});

describe('evalViews', () => {
  it('is the normalised image itself at the same size and a square original', () => {
    const { images, key } = input();
    const { views } = evalViews({ size: 12, normalization: { mean: [0], deviation: [1] } })({ images, aspects: tf.ones([batch]), key });
    const worst = tf.max(tf.abs(tf.sub(views[0]!, images))).dataSync()[0];
    expect(worst).toBeLessThan(1e-6);
  });

  it('cuts the sides of wide originals and the top and bottom of high ones', () => {
    const ramp = tf.tile<Tensor4D>(tf.reshape(tf.linspace(0, 1, 12), [1, 1, 12, 1]), [2, 12, 1, 1]); // grows to the right
    const { views } = evalViews({ size: 6, normalization: { mean: [0], deviation: [1] } })({
      images: ramp,
      aspects: tf.tensor1d([2, 0.5]),
      key: randomKey(0, 0, 'views'),
    });
    const rows = (views[0]!).arraySync().map((image) => image[0]?.map(([value]) => value ?? NaN) ?? []);
    expect(rows[0]?.[0]).toBeCloseTo(3 / 11, 5); // the middle half: pixels 3 to 8
    expect(rows[0]?.[5]).toBeCloseTo(8 / 11, 5);
    expect(rows[1]?.[0]).toBeCloseTo(0.5 / 11, 1); // the whole width
  });
});

describe('composeViews', () => {
  it('says what is wrong', () => {
    expect(() => composeViews([])).toThrow(/at least one view/);
    expect(() => composeViews([[randomGreyscale()]])(input(2))).toThrow(/3 channels.*got 2/s);
    expect(() => composeViews([[normalize({ mean: [1, 2] })]])(input())).toThrow(/mean/);
    expect(() => composeViews([[normalize({ deviation: [0] })]])(input())).toThrow(/deviation/);
  });
});
