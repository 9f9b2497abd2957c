import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import fixture from './__fixtures__/label-smoothing.json' with { type: 'json' };
import { smoothedCrossEntropy } from './smoothed-cross-entropy.js';

beforeAll(() => useBackend({ device: 'cpu' }));

const shape = fixture.shape as [number, number];

describe("PyTorch's cross_entropy with label_smoothing", () => {
  test.each(fixture.cases)('smoothing $smoothing', async ({ labels, smoothing, losses, gradient }) => {
    const logits = tf.tensor2d(fixture.logits, shape);
    const targets = tf.tensor2d(labels, shape);
    const found = await smoothedCrossEntropy(logits, targets, smoothing).data();
    losses.forEach((loss, row) => expect(found[row]).toBeCloseTo(loss, 5));
    const slope = await tf.grad((x) => tf.mean(smoothedCrossEntropy(x as tf.Tensor2D, targets, smoothing)))(logits).data();
    gradient.forEach((value, i) => expect(slope[i]).toBeCloseTo(value, 5));
  });
});

test('a smoothing of 1 and above is refused', () => {
  expect(() => smoothedCrossEntropy(tf.zeros([1, 2]), tf.tensor2d([[1, 0]]), 1)).toThrow(/from 0 to below 1, got 1/);
});
