import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import golden from './__fixtures__/label-free.json' with { type: 'json' };
import { alignment } from './alignment.js';
import { embeddingSpread } from './embedding-spread.js';
import { rankMe } from './rank-me.js';
import { singularValues } from './singular-values.js';
import { uniformity } from './uniformity.js';

const devices = ['js', 'cpu'] as const;

describe.each(devices)('on %s', (device) => {
  beforeAll(() => useBackend({ device }));

  describe.each(golden.cases)('PyTorch, $count x $dimension', (expected) => {
    const features = { values: Float32Array.from(expected.values), count: expected.count, dimension: expected.dimension };
    const positives = { ...features, values: Float32Array.from(expected.positives) };

    test('singular values', () => {
      const actual = singularValues(features);
      expect(actual).toHaveLength(expected.singularValues.length);
      const largest = expected.singularValues[0]!;
      expected.singularValues.forEach((value, i) => {
        expect(Math.abs(actual[i]! - value) / largest).toBeLessThan(1e-6);
      });
    });

    test('RankMe', () => {
      expect(Math.abs(rankMe(features) / expected.rankMe - 1)).toBeLessThan(1e-4);
    });

    test('spread, alignment, uniformity', async () => {
      expect(embeddingSpread(features)).toBeCloseTo(expected.spread, 5);
      expect(alignment(features, positives)).toBeCloseTo(expected.alignment, 5);
      expect(alignment(features, positives, { alpha: 1 })).toBeCloseTo(expected.alignment1, 5);
      expect(await uniformity(features)).toBeCloseTo(expected.uniformity, 4);
      expect(await uniformity(features, { t: 3, blockSize: 7 })).toBeCloseTo(expected.uniformity3, 4);
    });
  });

  test('a collapse shows in every figure', async () => {
    const values = Float32Array.from({ length: 300 }, (_, i) => [1, 2, 3][i % 3]! + 1e-4 * Math.sin(i));
    const collapsed = { values, count: 100, dimension: 3 };
    expect(embeddingSpread(collapsed)).toBeLessThan(1e-3);
    expect(rankMe(collapsed)).toBeLessThan(1.01);
    expect(await uniformity(collapsed)).toBeGreaterThan(-1e-3);
  });

  test('all-zero features have rank 1, but no spread: the rows are named', () => {
    const zero = { values: new Float32Array(6), count: 3, dimension: 2 };
    expect(rankMe(zero)).toBe(1);
    expect(() => embeddingSpread(zero)).toThrow(/rows 0, 1, 2 are all zero/);
  });

  test('what does not fit is explained', async () => {
    const one = { values: Float32Array.of(1, 2), count: 1, dimension: 2 };
    const two = { values: Float32Array.of(1, 2, 3, 4), count: 2, dimension: 2 };
    expect(() => alignment(one, two)).toThrow(/two views of the same images, got \[1, 2\] and \[2, 2\]/);
    await expect(uniformity(one)).rejects.toThrow(/at least two images/);
    expect(() => rankMe({ ...two, values: Float32Array.of(1, Number.NaN, 3, 4) })).toThrow(/NaN or infinity in row 0/);
  });

  test('uniformity leaves no tensor behind', async () => {
    const before = tf.memory().numTensors;
    await uniformity({ values: Float32Array.of(1, 2, 3, 4, 5, 7), count: 3, dimension: 2 }, { blockSize: 2 });
    expect(tf.memory().numTensors).toBe(before);
  });
});
