import { useBackend } from '@ssl/backend';
import { adamw, smallConvNet, train } from '@ssl/core';
import { l2Normalize } from '@ssl/core/ops';
import { embeddingRows as rows, extremeViews, gradientError, toyLoader, toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { barlowTwinsLoss } from './barlow-twins-loss.js';
import { swavLoss } from './swav-loss.js';
import { swav } from './swav.js';
import { vicregLoss } from './vicreg-loss.js';

type Loss = (a: Tensor2D, b: Tensor2D) => Scalar;

const prototypes = (): Tensor2D => l2Normalize(tf.tensor2d([[1, 2, 3], [-1, 0.5, 2], [3, -1, 0], [0.2, 1, -2]]));
const scored = (z: Tensor2D): Tensor2D => tf.matMul(l2Normalize(z), prototypes(), false, true);

/** Losses over a batch's statistics, which one image does not have. */
const statistical: Readonly<Record<string, Loss>> = {
  barlowTwinsLoss: (a, b) => barlowTwinsLoss(a, b).loss,
  vicregLoss: (a, b) => vicregLoss(a, b).loss,
  'invariance of vicregLoss': (a, b) => vicregLoss(a, b).invariance,
  'variance of vicregLoss': (a, b) => vicregLoss(a, b).variance,
  'covariance of vicregLoss': (a, b) => vicregLoss(a, b).covariance,
};
const losses: Readonly<Record<string, Loss>> = {
  ...statistical,
  'swavLoss of raw scores at temperature 0.01': (a, b) => swavLoss([a, b], { temperature: 0.01, epsilon: 0.01 }),
  swavLoss: (a, b) => swavLoss([scored(a), scored(b)]),
  'swavLoss with a queue': (a, b) => swavLoss([scored(a), scored(b)], { queue: [scored(b), scored(a)] }),
  'swavLoss with an empty queue': (a, b) => swavLoss([scored(a), scored(b)], { queue: [tf.zeros([6, 4]), tf.zeros([6, 4])], queueWeights: tf.zeros([6]) }),
};

const cases = Object.entries(losses).flatMap(([name, loss]) =>
  Object.entries(extremeViews).flatMap(([situation, views]) => (views[0].length === 1 && name in statistical ? [] : [[name, situation, loss, views] as const])),
);

describe.each(['js', 'cpu'] as const)('on %s', (device) => {
  beforeAll(async () => {
    await useBackend({ device });
  });

  it.each(cases)('%s of %s is finite, with finite gradients', (_name, _situation, loss, [a, b]) => {
    const { value, grads } = tf.valueAndGrads((x: Tensor, y: Tensor) => loss(x as Tensor2D, y as Tensor2D))([tf.tensor2d(a), tf.tensor2d(b)]);
    for (const values of [value, ...grads]) expect([...values.dataSync()].filter((number) => !Number.isFinite(number))).toEqual([]);
  });

  it.each(Object.entries(statistical))('the gradient of %s is its slope', (_name, loss) => {
    // Deviations below 1, where the hinge of the variance term is smooth.
    expect(gradientError((x, y) => loss(x as Tensor2D, y as Tensor2D), [tf.tensor2d(rows(6, 0.5)), tf.tensor2d(rows(6, 0.4).reverse())])).toBeLessThan(1e-2);
  });

  it('the gradient of swavLoss is its slope, codes held; the assigned crop has none', () => {
    const [assigned, first, second] = [rows(4), rows(4, 0.7).reverse(), rows(4, -0.5)].map((x) => tf.tensor2d(x)) as [Tensor2D, Tensor2D, Tensor2D];
    const loss = (x: Tensor, y: Tensor, z: Tensor) => swavLoss([x, y, z] as Tensor2D[], { assigned: 1, temperature: 0.5 });
    expect(gradientError((y, z) => loss(assigned, y!, z!), [first, second])).toBeLessThan(1e-2);
    const [own] = tf.grads((x: Tensor, y: Tensor, z: Tensor) => tf.add<Scalar>(loss(x, y, z), tf.sum(x)))([assigned, first, second]);
    expect(new Set(own!.dataSync())).toEqual(new Set([1]));
  });
});

describe('what has no answer is refused', () => {
  it.each(Object.entries(statistical))('%s of a batch of 1', (_name, loss) => {
    expect(() => loss(tf.tensor2d(rows(1)), tf.tensor2d(rows(1)))).toThrow(/at least 2, got \[1, 3\]/);
  });

  it.each<[string, () => Scalar, RegExp]>([
    ['barlowTwinsLoss', () => barlowTwinsLoss(tf.ones([3, 2]), tf.ones([3, 2]), { epsilon: 0 }).loss, /epsilon above 0, got 0/],
    ['vicregLoss', () => vicregLoss(tf.ones([3, 2]), tf.ones([3, 2]), { epsilon: -1 }).loss, /epsilon above 0, got -1/],
    ['swavLoss', () => swavLoss([tf.ones([3, 2]), tf.ones([3, 2])], { epsilon: 0 }), /epsilon above 0, got 0/],
    ['swavLoss', () => swavLoss([tf.ones([3, 2]), tf.ones([3, 2])], { temperature: 0 }), /temperature above 0, got 0/],
  ])('%s with a setting that is not above 0', (_name, run, message) => {
    expect(run).toThrow(message);
  });
});

test("SwAV's prototypes stay as they started for their time, then move, and keep unit length, with micro-batches too", async () => {
  const after = async (steps: number): Promise<number[]> => {
    const result = await train({
      method: swav({ backbone: smallConvNet({ widths: [4], strides: [2] }), hidden: 8, dimension: 4, prototypes: 5, crops: 2, frozenPrototypes: 2 }),
      views: toyViews(2),
      loader: toyLoader({ batchSize: 8, size: 8 }),
      optimizer: adamw(),
      learningRate: 1e-2,
      accumulate: 4,
      steps,
      monitorEvery: 0,
    });
    const values = [...(result.params.prototypes as { weight: Tensor2D }).weight.dataSync()];
    result.dispose();
    return values;
  };
  const [one, two, three] = [await after(1), await after(2), await after(3)];
  const distance = (a: number[], b: number[]): number => Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
  expect(distance(one, two)).toBeLessThan(1e-6);
  expect(distance(two, three)).toBeGreaterThan(1e-4);
  for (const values of [one, three]) for (let row = 0; row < 5; row++) expect(Math.hypot(...values.slice(4 * row, 4 * row + 4))).toBeCloseTo(1, 5);
});
