import { useBackend } from '@ssl/backend';
import { smallConvNet, type Views } from '@ssl/core';
import { conformance, toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { consistencyTerm, supervisedTerm, tsaThreshold } from './uda-loss.js';
import { udaPlugin } from './uda-plugin.js';
import { uda } from './uda.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });

const softmax = (row: number[], temperature = 1): number[] => {
  const powers = row.map((x) => Math.exp(x / temperature));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
};

const weak = [
  [3, 0, -1],
  [0.2, 0.1, 0],
  [-2, 4, 0],
];
const strong = [
  [1, 0.5, 0],
  [0, 2, 1],
  [0.3, 0.2, 0.1],
];

describe('consistencyTerm', () => {
  /** Equation 1, written out. */
  function literal(temperature: number, confidence: number): number {
    const losses = weak.map((row, i) => {
      if (Math.max(...softmax(row)) <= confidence) return 0;
      const [p, q] = [softmax(row, temperature), softmax(strong[i]!)];
      return p.reduce((sum, x, k) => sum + x * Math.log(x / q[k]!), 0);
    });
    return losses.reduce((a, b) => a + b) / losses.length;
  }

  it.each([
    [1, 0],
    [0.4, 0.8],
    [0.4, 0.95],
  ])('equals the written-out formula at temperature %d and confidence %d', (temperature, confidence) => {
    const value = consistencyTerm({ weak: tf.tensor2d(weak), strong: tf.tensor2d(strong), temperature, confidence });
    expect(value.dataSync()[0]).toBeCloseTo(literal(temperature, confidence), 5);
  });

  it('lets no gradient into the target and counts only the rows that take part', () => {
    const rows = tf.tensor1d([1, 0, 0]);
    const toWeak = tf.grad((x: tf.Tensor) => tf.add(consistencyTerm({ weak: x as Tensor2D, strong: tf.tensor2d(strong), rows }), tf.sum(x)));
    expect(new Set(toWeak(tf.tensor2d(weak)).dataSync())).toEqual(new Set([1]));
    const toStrong = tf.grad((x: tf.Tensor) => consistencyTerm({ weak: tf.tensor2d(weak), strong: x as Tensor2D, rows, confidence: 0 }));
    const gradient = toStrong(tf.tensor2d(strong)).arraySync() as number[][];
    expect(gradient[0]!.some((value) => value !== 0)).toBe(true);
    expect(gradient.slice(1).flat().every((value) => value === 0)).toBe(true);
  });

  it('names both shapes where they differ', () => {
    expect(() => consistencyTerm({ weak: tf.ones([2, 3]), strong: tf.ones([2, 4]) })).toThrow('[2, 3] and [2, 4]');
  });
});

describe('supervisedTerm', () => {
  const labels = () => tf.tensor1d([0, -1, 1], 'int32');

  it('is the mean cross-entropy of labelled rows below the threshold', () => {
    const expected = [-Math.log(softmax(weak[0]!)[0]!), -Math.log(softmax(weak[2]!)[1]!)];
    const all = supervisedTerm({ logits: tf.tensor2d(weak), labels: labels(), threshold: 1 }).dataSync()[0];
    expect(all).toBeCloseTo((expected[0]! + expected[1]!) / 2, 5);
    // Row 2 is predicted with probability .979, row 0 with .936.
    const annealed = supervisedTerm({ logits: tf.tensor2d(weak), labels: labels(), threshold: 0.95 }).dataSync()[0];
    expect(annealed).toBeCloseTo(expected[0]!, 5);
  });

  it('is 0, with a gradient of 0, where nothing counts', () => {
    const loss = (x: tf.Tensor) => supervisedTerm({ logits: x as Tensor2D, labels: tf.fill([3], -1, 'int32') as Tensor1D, threshold: 1 });
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d(weak));
    expect(value.dataSync()[0]).toBeCloseTo(0, 10);
    expect([...grad.dataSync()].every((slope) => slope === 0)).toBe(true);
  });
});

describe('tsaThreshold', () => {
  it.each([
    ['none', 1, 1],
    ['linear', 0.1, 0.55],
    ['log', 0.1 + 0.9 * (1 - Math.exp(0)), 0.1 + 0.9 * (1 - Math.exp(-2.5))],
    ['exp', 0.1 + 0.9 * Math.exp(-5), 0.1 + 0.9 * Math.exp(-2.5)],
  ] as const)('%s goes from chance upwards', (schedule, start, middle) => {
    expect(tsaThreshold(schedule, 0, 10)).toBeCloseTo(start, 10);
    expect(tsaThreshold(schedule, 0.5, 10)).toBeCloseTo(middle, 10);
    expect(tsaThreshold(schedule, 1, 10)).toBeLessThanOrEqual(1);
  });
});

/** The class of an image is whether its first pixel is bright; every other image keeps it for itself. */
const labelledViews: Views = (input) => {
  const [batch] = input.images.shape;
  const bright = tf.greater(tf.reshape(tf.slice(input.images, [0, 0, 0, 0], [batch, 1, 1, 1]), [batch]), 0.3);
  const known = tf.greater(tf.mod(tf.range(0, batch, 1, 'int32'), tf.scalar(2, 'int32')), tf.scalar(0, 'int32'));
  const labels = tf.where(known, tf.cast(bright, 'int32'), tf.fill([batch], -1, 'int32'));
  return { ...toyViews(2)(input), extras: { labels } };
};

describe('uda conforms', () => {
  conformance({
    test,
    method: () => uda({ backbone: backbone(), classes: 2, tsa: 'none', confidence: 0 }),
    views: labelledViews,
  });
});

describe('udaPlugin', () => {
  const context = { backbone: backbone(), imageSize: 16, channels: 3, batchSize: 128, datasetSize: 1280, totalSteps: 400, stepsPerEpoch: 10 };

  it('needs labels and a known schedule', () => {
    expect(() => udaPlugin.create(context, udaPlugin.defaults)).toThrow('some images have labels, got none');
    expect(() => udaPlugin.create({ ...context, classes: 3 }, { ...udaPlugin.defaults, tsa: 'cubic' })).toThrow("got 'cubic'");
    const { views } = udaPlugin.create({ ...context, classes: 3 }, udaPlugin.defaults);
    const input = { images: tf.ones([2, 16, 16, 3]) as tf.Tensor4D, aspects: tf.ones([2]) as Tensor1D, key: tf.tensor1d([1, 2], 'int32') };
    expect([...views(input).extras!.labels!.dataSync()]).toEqual([-1, -1]);
    const made = views({ ...input, labels: tf.tensor1d([0, -1], 'int32') });
    expect(made.views.map(({ shape }) => shape)).toEqual([[2, 16, 16, 3], [2, 16, 16, 3]]);
    expect([...made.extras!.labels!.dataSync()]).toEqual([0, -1]);
  });
});
