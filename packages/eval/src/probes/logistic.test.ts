import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import golden from './__fixtures__/logistic.json' with { type: 'json' };
import { fitLogistic, predictLogistic } from './fit-logistic.js';
import { lbfgs } from './lbfgs.js';
import { logisticProbe } from './logistic-probe.js';

beforeAll(() => useBackend({ device: 'js' }));

const features = {
  values: Float32Array.from(golden.values),
  count: golden.labels.length,
  dimension: golden.dimension,
  labels: Int32Array.from(golden.labels),
};

describe.each(golden.models)('scikit-learn, penalty $penalty', ({ penalty, loss, weight, bias, predictions }) => {
  test('the same loss, weights and answers', async () => {
    const before = tf.memory().numTensors;
    const model = await fitLogistic(features, golden.classes, penalty);
    expect(model.converged).toBe(true);
    expect(model.value).toBeCloseTo(loss, 6);
    weight.forEach((value, i) => expect(model.weight[i]).toBeCloseTo(value, 4));
    // A constant on every bias changes nothing; scikit-learn's add up to 0.
    const shift = model.bias.reduce((sum, value) => sum + value, 0) / golden.classes;
    bias.forEach((value, i) => expect(model.bias[i]! - shift).toBeCloseTo(value, 3));
    expect([...(await predictLogistic(model, features))]).toEqual(predictions);
    expect(tf.memory().numTensors).toBe(before);
  });
});

const { correlated } = golden;
describe.each(correlated.models)('scikit-learn on correlated features, penalty $penalty', ({ penalty, loss, weight, predictions }) => {
  test('the same loss, the same answers to other images, and the weights to a thousandth', async () => {
    const { values, labels, asked, dimension, classes } = correlated;
    const model = await fitLogistic({ values: Float32Array.from(values), count: labels.length, dimension, labels: Int32Array.from(labels) }, classes, penalty);
    expect(model.converged).toBe(true);
    expect(model.value).toBeCloseTo(loss, 6);
    const distance = Math.hypot(...weight.map((value, i) => value - model.weight[i]!)) / Math.hypot(...weight);
    expect(distance).toBeLessThan(1e-3);
    expect([...(await predictLogistic(model, { values: Float32Array.from(asked), count: 120, dimension }))]).toEqual(predictions);
  });
});

describe('L-BFGS', () => {
  test('solves an ill-conditioned quadratic', async () => {
    const scales = [1, 10, 100, 1000, 10000];
    const result = await lbfgs(
      (x) => {
        const gradient = x.map((value, i) => scales[i]! * (value - i));
        return Promise.resolve({ value: x.reduce((sum, value, i) => sum + (scales[i]! / 2) * (value - i) ** 2, 0), gradient });
      },
      new Float64Array(5),
      { tolerance: 1e-8 },
    );
    expect(result.converged).toBe(true);
    result.point.forEach((value, i) => expect(value).toBeCloseTo(i, 6));
  });

  test("finds Rosenbrock's valley", async () => {
    const { point } = await lbfgs(
      ([x = 0, y = 0]) =>
        Promise.resolve({
          value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
          gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
        }),
      Float64Array.of(-1.2, 1),
    );
    expect(point[0]).toBeCloseTo(1, 4);
    expect(point[1]).toBeCloseTo(1, 4);
  });

  test('says when the iterations ran out', async () => {
    const square = (x: Float64Array) => Promise.resolve({ value: x[0]! ** 4, gradient: Float64Array.of(4 * x[0]! ** 3) });
    expect(await lbfgs(square, Float64Array.of(3), { iterations: 2 })).toMatchObject({ converged: false, iterations: 2 });
  });
});

test('the penalty is chosen on validation images, and the choice is told', async () => {
  const result = await logisticProbe({ train: features, test: features }, { penalties: [1e-4, 0.1, 1e4], classCount: 3 });
  expect(result.selection.map(({ penalty }) => penalty)).toEqual([1e-4, 0.1, 1e4]);
  const best = Math.max(...result.selection.map(({ validationAccuracy }) => validationAccuracy));
  expect(result.selection.find(({ penalty }) => penalty === result.penalty)?.validationAccuracy).toBe(best);
  expect(result.penalty).toBeLessThan(1e4);
  expect(result.accuracy).toBeGreaterThan(0.7);
  await expect(logisticProbe({ train: features, test: features }, { penalties: [-1] })).rejects.toThrow(/penalties from 0 on, got \[-1\]/);
});
