import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { vicregLoss } from './vicreg-loss.js';

interface Case {
  readonly inputs: [number[][], number[][]];
  readonly loss: number;
  readonly gradients: [number[][], number[][]];
  readonly invariance: number;
  readonly variance: number;
  readonly covariance: number;
}
const { cases } = JSON.parse(readFileSync(new URL('__fixtures__/vicreg.json', import.meta.url), 'utf8')) as { cases: Case[] };

/** Equations 1 to 6 with plain numbers. */
function literal(a: number[][], b: number[][], { invariance, variance, covariance }: Case): number {
  const [n, d] = [a.length, a[0]!.length];
  const mean = (z: number[][], j: number): number => z.reduce((sum, row) => sum + row[j]!, 0) / n;
  const cov = (z: number[][], i: number, j: number): number =>
    z.reduce((sum, row) => sum + (row[i]! - mean(z, i)) * (row[j]! - mean(z, j)), 0) / (n - 1);
  const dimensions = Array.from({ length: d }, (_, i) => i);
  const hinge = (z: number[][]): number =>
    dimensions.reduce((sum, i) => sum + Math.max(0, 1 - Math.sqrt(cov(z, i, i) + 1e-4)), 0) / d;
  const spread = (z: number[][]): number =>
    dimensions.reduce((sum, i) => sum + dimensions.reduce((inner, j) => inner + (i === j ? 0 : cov(z, i, j) ** 2), 0), 0) / d;
  const distance = a.reduce((sum, row, i) => sum + row.reduce((inner, x, j) => inner + (x - b[i]![j]!) ** 2, 0), 0) / (n * d);
  return invariance * distance + (variance * (hinge(a) + hinge(b))) / 2 + covariance * (spread(a) + spread(b));
}

describe('vicregLoss', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it.each(cases.map((golden, i) => [i, golden] as const))("equals lightly's VICRegLoss and its gradients, case %d", (_, golden) => {
    const loss = (a: tf.Tensor, b: tf.Tensor) => vicregLoss(a as Tensor2D, b as Tensor2D, golden).loss;
    const { value, grads } = tf.valueAndGrads(loss)(golden.inputs.map((x) => tf.tensor2d(x)));
    expect(value.dataSync()[0]! / golden.loss).toBeCloseTo(1, 5);
    grads.forEach((grad, i) => {
      const difference = tf.max(tf.abs(tf.sub(grad, tf.tensor2d(golden.gradients[i]!)))).dataSync()[0];
      expect(difference).toBeLessThan(1e-4);
    });
  });

  it.each(cases.map((golden, i) => [i, golden] as const))('equals the literal equations, case %d', (_, golden) => {
    const [a, b] = golden.inputs;
    expect(vicregLoss(tf.tensor2d(a), tf.tensor2d(b), golden).loss.dataSync()[0]! / literal(a, b, golden)).toBeCloseTo(1, 5);
  });

  it('gives the weight of the variance term at a constant embedding, with a finite gradient', () => {
    const z = tf.zeros([4, 3]) as Tensor2D;
    expect(vicregLoss(z, z).variance.dataSync()[0]).toBeCloseTo(0.99, 5); // 1 - sqrt(epsilon)
    const gradient = tf.grad((x) => vicregLoss(x as Tensor2D, z).loss)(z).dataSync();
    expect([...gradient].every(Number.isFinite)).toBe(true);
  });

  it('refuses a single sample', () => {
    expect(() => vicregLoss(tf.ones([1, 2]), tf.ones([1, 2]))).toThrow('at least 2');
  });
});
