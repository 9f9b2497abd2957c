import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { byolLoss } from './byol-loss.js';
import { negativeCosine } from './negative-cosine.js';
import { simsiamLoss } from './simsiam-loss.js';

interface Case {
  readonly inputs: [number[][], number[][]];
  readonly targets: [number[][], number[][]];
  readonly loss: number;
  readonly gradients: [number[][], number[][]];
}
const read = (name: string): Case =>
  (JSON.parse(readFileSync(new URL(`__fixtures__/${name}.json`, import.meta.url), 'utf8')) as { cases: [Case] }).cases[0];

describe.each([
  ['byolLoss', byolLoss, read('byol')],
  ['simsiamLoss', simsiamLoss, read('simsiam')],
] as const)('%s', (_, lossOf, golden) => {
  beforeAll(() => useBackend({ device: 'js' }));

  it('equals the reference and its gradients', () => {
    const [z1, z2] = golden.targets.map((z) => tf.tensor2d(z)) as [Tensor2D, Tensor2D];
    const loss = (p1: tf.Tensor, p2: tf.Tensor) => lossOf({ predictions: [p1 as Tensor2D, p2 as Tensor2D], targets: [z1, z2] });
    const { value, grads } = tf.valueAndGrads(loss)(golden.inputs.map((p) => tf.tensor2d(p)));
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 5);
    grads.forEach((grad, i) => {
      const difference = tf.max(tf.abs(tf.sub(grad, tf.tensor2d(golden.gradients[i]!)))).dataSync()[0];
      expect(difference).toBeLessThan(1e-5);
    });
  });

  it('lets no gradient into the targets', () => {
    const p = tf.tensor2d([[1, 2], [3, -1]]);
    const loss = (z: tf.Tensor) => tf.add(lossOf({ predictions: [p, p], targets: [z as Tensor2D, z as Tensor2D] }), tf.sum(z));
    expect([...tf.grad(loss)(tf.tensor2d([[2, 1], [0, 1]])).dataSync()]).toEqual([1, 1, 1, 1]);
  });

  it('is finite with a finite gradient at zero vectors and in a batch of 1', () => {
    const zero = tf.zeros([1, 3]) as Tensor2D;
    const loss = (p: tf.Tensor) => lossOf({ predictions: [p as Tensor2D, p as Tensor2D], targets: [zero, tf.ones([1, 3])] });
    const { value, grad } = tf.valueAndGrad(loss)(zero);
    expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true);
  });
});

describe('negativeCosine', () => {
  it('is -1, 0 and 1 for equal, orthogonal and opposite directions', () => {
    const x = tf.tensor2d([[2, 0]]);
    expect(negativeCosine(x, tf.tensor2d([[5, 0]])).dataSync()[0]).toBeCloseTo(-1, 6);
    expect(negativeCosine(x, tf.tensor2d([[0, 3]])).dataSync()[0]).toBeCloseTo(0, 6);
    expect(negativeCosine(x, tf.tensor2d([[-1, 0]])).dataSync()[0]).toBeCloseTo(1, 6);
  });

  it('names both shapes where they differ', () => {
    expect(() => negativeCosine(tf.ones([2, 3]), tf.ones([2, 4]))).toThrow('[2, 3] and [2, 4]');
  });
});
