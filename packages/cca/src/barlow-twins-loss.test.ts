import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { barlowTwinsLoss } from './barlow-twins-loss.js';

interface Case {
  readonly inputs: [number[][], number[][]];
  readonly loss: number;
  readonly gradients: [number[][], number[][]];
  readonly lambda_: number;
}
const { cases } = JSON.parse(readFileSync(new URL('__fixtures__/barlow-twins.json', import.meta.url), 'utf8')) as { cases: Case[] };

/** The paper's algorithm 1 with plain numbers. */
function literal(a: number[][], b: number[][], lambda: number): number {
  const standard = (z: number[][]): number[][] => {
    const columns = z[0]!.map((_, j) => z.map((row) => row[j]!));
    const scaled = columns.map((column) => {
      const mean = column.reduce((x, y) => x + y) / column.length;
      const variance = column.reduce((sum, x) => sum + (x - mean) ** 2, 0) / column.length;
      return column.map((x) => (x - mean) / Math.sqrt(variance + 1e-5));
    });
    return z.map((_, i) => scaled.map((column) => column[i]!));
  };
  const [za, zb] = [standard(a), standard(b)];
  let loss = 0;
  za[0]!.forEach((_, i) =>
    zb[0]!.forEach((__, j) => {
      const c = za.reduce((sum, row, n) => sum + row[i]! * zb[n]![j]!, 0) / za.length;
      loss += i === j ? (1 - c) ** 2 : lambda * c * c;
    }),
  );
  return loss;
}

describe('barlowTwinsLoss', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it.each(cases.map((golden, i) => [i, golden] as const))("equals lightly's BarlowTwinsLoss and its gradients, case %d", (_, golden) => {
    const loss = (a: tf.Tensor, b: tf.Tensor) => barlowTwinsLoss(a as Tensor2D, b as Tensor2D, { lambda: golden.lambda_ }).loss;
    const { value, grads } = tf.valueAndGrads(loss)(golden.inputs.map((x) => tf.tensor2d(x)));
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 4);
    grads.forEach((grad, i) => {
      const difference = tf.max(tf.abs(tf.sub(grad, tf.tensor2d(golden.gradients[i]!)))).dataSync()[0];
      expect(difference).toBeLessThan(1e-4);
    });
  });

  it('equals the literal algorithm', () => {
    const [a, b] = cases[0]!.inputs;
    expect(barlowTwinsLoss(tf.tensor2d(a), tf.tensor2d(b), { lambda: 0.3 }).loss.dataSync()[0]).toBeCloseTo(literal(a, b, 0.3), 4);
  });

  it('is 0 for equal decorrelated views and the dimension for a constant embedding', () => {
    const z = tf.tensor2d([[1, 1], [1, -1], [-1, 1], [-1, -1]]);
    expect(barlowTwinsLoss(z, z).loss.dataSync()[0]).toBeCloseTo(0, 4);
    expect(barlowTwinsLoss(tf.ones([4, 2]), tf.ones([4, 2])).loss.dataSync()[0]).toBeCloseTo(2, 4);
  });

  it('has a finite gradient at a constant embedding', () => {
    const gradient = tf.grad((z) => barlowTwinsLoss(z as Tensor2D, tf.ones([4, 3])).loss)(tf.ones([4, 3])).dataSync();
    expect([...gradient].every(Number.isFinite)).toBe(true);
  });

  it('refuses a single sample and views that do not fit', () => {
    expect(() => barlowTwinsLoss(tf.ones([1, 2]), tf.ones([1, 2]))).toThrow('at least 2');
    expect(() => barlowTwinsLoss(tf.ones([4, 2]), tf.ones([4, 3]))).toThrow('[4, 2] and [4, 3]');
  });
});
