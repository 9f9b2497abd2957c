import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { euclideanNorm } from './euclidean-norm.js';

describe('euclideanNorm', () => {
  it('is the root of the sum of squares, whatever the shape', async () => {
    const before = tf.memory().numTensors;
    const x = tf.tensor3d([[[3, -4], [0, 12]]]);
    const norm = euclideanNorm(x);
    expect(norm.shape).toEqual([]);
    expect((await norm.data())[0]).toBeCloseTo(13, 5);
    tf.dispose([x, norm]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is not finite where an element is not', async () => {
    const bad = euclideanNorm(tf.tensor1d([1, Number.NaN]));
    const large = euclideanNorm(tf.tensor1d([1, Number.POSITIVE_INFINITY]));
    expect(Number.isFinite((await bad.data())[0])).toBe(false);
    expect(Number.isFinite((await large.data())[0])).toBe(false);
  });
});
