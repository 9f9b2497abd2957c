import { useBackend } from '@ssl/backend';
import { randomKey, smallConvNet } from '@ssl/core';
import { l2Normalize, randomNormal } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { infoNce } from './info-nce.js';
import { mixHardNegatives } from './mix-hard-negatives.js';
import { mixingMetrics } from './mixing-metrics.js';
import { mochi } from './moco.js';

const mixing = { hardest: 6, mixed: 5, mixedWithQuery: 3, fromStep: 4 };
const temperature = 0.2;
const unit = (rows: number, purpose: string): Tensor2D => l2Normalize(randomNormal([rows, 4], randomKey(0, 0, purpose))) as Tensor2D;
const number = (x: tf.Tensor | undefined): number => x!.dataSync()[0]!;
const farthest = (a: tf.Tensor, b: tf.Tensor): number => number(tf.max(tf.abs(tf.sub(a, b))));
const key = () => randomKey(5, 0, 'objective');

/** Loss and metrics of MoCHi for given queries, keys and queue. */
function objective(queries: Tensor2D, mixes: number) {
  const method = mochi({ backbone: smallConvNet({ widths: [4], strides: [2] }), dimension: 4, queue: 20, temperature, mixing });
  const { params, aux } = method.init(0);
  return method.objective({
    params,
    aux: { ...aux, queue: unit(20, 'queue') },
    outputs: { queries, keys: unit(3, 'keys') },
    extras: {},
    schedules: { mixes: tf.scalar(mixes), momentum: tf.scalar(0.99) },
    key: key(),
  } as never);
}

describe('MoCHi', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it('takes the mixed negatives as constants: loss and gradient are those of fixed ones', () => {
    const queries = unit(3, 'queries');
    const fixed = mixHardNegatives(queries, unit(20, 'queue'), key(), mixing);
    const reference = (q: tf.Tensor): Scalar => {
      const more = tf.squeeze(tf.matMul(fixed, tf.expandDims(q, 2)), [2]) as Tensor2D;
      return infoNce(q as Tensor2D, unit(3, 'keys'), unit(20, 'queue'), { temperature, more }).loss;
    };
    const expected = tf.valueAndGrad(reference)(queries);
    const actual = tf.valueAndGrad((q: tf.Tensor) => objective(q as Tensor2D, 1).loss)(queries);
    expect(number(actual.value)).toBeCloseTo(number(expected.value), 5);
    expect(farthest(actual.grad, expected.grad)).toBeLessThan(1e-5);
    // The mixed negatives matter: without them loss and gradient are others.
    const without = tf.valueAndGrad((q: tf.Tensor) => infoNce(q as Tensor2D, unit(3, 'keys'), unit(20, 'queue'), { temperature }).loss)(queries);
    expect(number(actual.value)).toBeGreaterThan(number(without.value) + 0.05);
    expect(farthest(actual.grad, without.grad)).toBeGreaterThan(1e-3);
    const before = tf.valueAndGrad((q: tf.Tensor) => objective(q as Tensor2D, 0).loss)(queries);
    expect(number(before.value)).toBeCloseTo(number(without.value), 5);
    expect(farthest(before.grad, without.grad)).toBeLessThan(1e-5);
  });

  it('measures its negatives, and says nothing of mixed ones before they take part', () => {
    const queries = unit(3, 'queries');
    const { metrics } = objective(queries, 1);
    const before = objective(queries, 0).metrics;
    expect(number(metrics.syntheticSimilarity)).toBeGreaterThan(number(metrics.hardNegativeSimilarity) - 0.3);
    expect(number(metrics.syntheticShare)).toBeGreaterThan(0);
    expect(number(metrics.proxyAccuracy)).toBeLessThanOrEqual(number(metrics.accuracy));
    expect(number(before.syntheticShare)).toBe(0);
    expect(number(before.syntheticSimilarity)).toBeCloseTo(0, 10);
    expect(number(before.proxyAccuracy)).toBe(number(before.accuracy));
    expect(number(before.hardNegativeSimilarity)).toBeCloseTo(number(metrics.hardNegativeSimilarity), 6);
  });
});

describe('mixingMetrics', () => {
  it('are the numbers of a hand-made case', () => {
    const metrics = mixingMetrics({
      positive: tf.tensor1d([0.75, 0.5]),
      similarity: tf.tensor2d([[0.5, 0.25, -1], [0.375, 0, 0.25]]),
      synthetic: tf.tensor2d([[0.375, 0.125], [0.625, 0.5]]),
      hardest: 2,
    });
    expect(number(metrics.hardNegativeSimilarity)).toBeCloseTo((0.5 + 0.25 + 0.375 + 0.25) / 4, 6);
    expect(number(metrics.syntheticSimilarity)).toBeCloseTo((0.375 + 0.125 + 0.625 + 0.5) / 4, 6);
    // Of the two hardest, one of the first query's is synthetic and both of the second's.
    expect(number(metrics.syntheticShare)).toBeCloseTo(3 / 4, 6);
    expect(number(metrics.proxyAccuracy)).toBe(0.5);
  });
});
