import { useBackend } from '@ssl/backend';
import { beforeAll, describe, expect, test } from 'vitest';
import golden from './__fixtures__/knn.json' with { type: 'json' };
import { knn, knnMajority } from './knn.js';
import type { Neighbours } from './neighbours.js';
import { vote } from './vote.js';

beforeAll(() => useBackend({ device: 'js' }));

function set(values: number[], labels: number[]) {
  return { values: Float32Array.from(values), count: labels.length, dimension: golden.dimension, labels: Int32Array.from(labels) };
}
const train = set(golden.train, golden.trainLabels);
const testImages = set(golden.test, golden.testLabels);

describe.each(golden.weighted)("DINO's formula in PyTorch, k = $k, T = $temperature", (expected) => {
  test('predictions, accuracy and neighbours', async () => {
    const { k, temperature } = expected;
    const result = await knn(train, { queries: testImages, k, temperature });
    expect([...result.predictions]).toEqual(expected.predictions);
    expect(result.accuracy).toBeCloseTo(expected.accuracy, 6);
    expect([...result.neighbours.indices.subarray(0, 5 * k)]).toEqual(expected.indices);
    expected.similarities.forEach((similarity, i) => {
      expect(result.neighbours.similarities[i]).toBeCloseTo(similarity, 5);
    });
  });
});

test("scikit-learn's majority of five, leave-one-out, centred", async () => {
  const { predictions } = await knn(train, knnMajority);
  const clear = golden.majority.flatMap((label, row) => (label >= 0 ? [row] : []));
  expect(clear.length).toBeGreaterThan(40);
  expect(clear.map((row) => predictions[row])).toEqual(clear.map((row) => golden.majority[row]));
});

test('top 5 of four classes is right wherever the class got a vote', async () => {
  const result = await knn(train, { queries: testImages, k: 60 });
  expect(result.top5Accuracy).toBe(1);
  expect(result.accuracy).toBeLessThan(1);
});

test('an image whose whole set is its group stays unanswered and counts as wrong', async () => {
  const bank = { values: Float32Array.of(1, 0, 1, 0.1, 0, 1), count: 3, dimension: 2, labels: Int32Array.of(0, 0, 1) };
  const all = await knn({ ...bank, groups: Int32Array.of(7, 7, 7) }, { k: 1 });
  expect(all).toMatchObject({ unanswered: 3, accuracy: 0, macroAccuracy: 0 });
  expect([...all.predictions]).toEqual([-1, -1, -1]);
  const alone = await knn(bank, { k: 1 });
  expect([...alone.predictions]).toEqual([0, 0, 0]);
  expect(alone).toMatchObject({ unanswered: 0, accuracy: 2 / 3, macroAccuracy: 0.5 });
});

test('labels that do not fit are explained', async () => {
  const bank = { values: Float32Array.of(1, 0, 1, 0.1, 0, 1), count: 3, dimension: 2, labels: Int32Array.of(0, -1, 1) };
  await expect(knn(bank)).rejects.toThrow(/classes must be 0\.\.1; row 1 is outside/);
  await expect(knn({ ...bank, labels: Int32Array.of(0, 5, 1) }, { classCount: 2 })).rejects.toThrow(/row 1 is outside/);
  await expect(knn({ ...bank, labels: Int32Array.of(0, 1) })).rejects.toThrow(/each of the 3 rows, got 2/);
  await expect(knn({ ...bank, labels: Int32Array.of(0, 1, 1) }, { temperature: 0 })).rejects.toThrow(/temperature above 0/);
  await expect(knn({ values: Float32Array.of(1), count: 1, dimension: 1, labels: Int32Array.of(0) })).rejects.toThrow(/at least two images/);
});

describe('votes', () => {
  const neighbours: Neighbours = {
    indices: Int32Array.of(0, 1, 2, 3, 2, -1, -1, -1),
    similarities: Float32Array.of(0.9, 0.8, 0.79, 0.1, 0.5, Number.NaN, Number.NaN, Number.NaN),
    count: 2,
    k: 4,
  };
  const labels = [1, 0, 0, 1];

  test('uniform ties go to the class of the nearest', () => {
    expect([...vote(neighbours, labels, { weighting: 'uniform' }).predictions]).toEqual([1, 0]);
    expect([...vote(neighbours, labels, { weighting: 'uniform', k: 3 }).predictions]).toEqual([0, 0]);
  });

  test('a small temperature listens to the nearest only, a large one counts heads, none overflows', () => {
    expect(vote(neighbours, labels, { temperature: 0.07, k: 3 }).predictions[0]).toBe(1);
    expect(vote(neighbours, labels, { temperature: 1e-4, k: 3 }).predictions[0]).toBe(1);
    expect(vote(neighbours, labels, { temperature: 100, k: 3 }).predictions[0]).toBe(0);
  });

  test('classes ranked by votes', () => {
    expect([...vote(neighbours, labels, { k: 3 }).ranked]).toEqual([1, 0, -1, -1, -1, 0, -1, -1, -1, -1]);
  });

  test('more voters than were searched is an error', () => {
    expect(() => vote(neighbours, labels, { k: 5 })).toThrow(/k of 1\.\.4 .* got temperature 0.07 and k 5/);
  });
});
