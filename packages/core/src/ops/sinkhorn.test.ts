import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { sinkhorn } from './sinkhorn.js';
import { stopGradient } from './stop-gradient.js';

/** Algorithm of the paper, literally, with numbers. */
function literal(scores: number[][], epsilon: number, iterations: number): number[][] {
  const samples = scores.length;
  const prototypes = scores[0]!.length;
  let q = scores.map((row) => row.map((score) => Math.exp(score / epsilon)));
  for (let i = 0; i < iterations; i++) {
    const columns = Array.from({ length: prototypes }, (_, k) => q.reduce((sum, row) => sum + row[k]!, 0));
    q = q.map((row) => row.map((value, k) => value / columns[k]! / prototypes));
    q = q.map((row) => row.map((value) => value / row.reduce((a, b) => a + b) / samples));
  }
  return q.map((row) => row.map((value) => value * samples));
}

describe('sinkhorn', () => {
  const scores = [
    [0.9, 0.1, -0.3],
    [0.8, 0.2, 0.1],
    [0.7, -0.5, 0.6],
    [0.95, 0, 0],
  ];

  it.each([
    [0.05, 3],
    [0.5, 1],
    [0.1, 8],
  ])('equals the literal algorithm for epsilon %d and %d iterations', (epsilon, iterations) => {
    const codes = sinkhorn(tf.tensor2d(scores), { epsilon, iterations }).arraySync();
    literal(scores, epsilon, iterations).forEach((row, i) => row.forEach((value, k) => expect(codes[i]![k]).toBeCloseTo(value, 5)));
  });

  it('gives rows that sum to 1 and, after enough rounds, equal use of prototypes', () => {
    const codes = sinkhorn(tf.tensor2d(scores), { epsilon: 0.2, iterations: 50 });
    for (const sum of tf.sum(codes, 1).dataSync()) expect(sum).toBeCloseTo(1, 5);
    for (const use of tf.sum(codes, 0).dataSync()) expect(use).toBeCloseTo(4 / 3, 3);
  });

  it('stays finite where exp(score / epsilon) overflows or vanishes', () => {
    const codes = sinkhorn(tf.tensor2d([[100, -100], [100, -100], [99, -90]]), { epsilon: 0.01 }).dataSync();
    expect([...codes].every(Number.isFinite)).toBe(true);
  });

  it('leaves out rows of weight 0', () => {
    const four = sinkhorn(tf.tensor2d([...scores, [5, -5, 5], [0, 0, 9]]), { weights: tf.tensor1d([1, 1, 1, 1, 0, 0]) });
    const alone = sinkhorn(tf.tensor2d(scores));
    const difference = tf.max(tf.abs(tf.sub(tf.slice(four, [0, 0], [4, 3]), alone))).dataSync()[0];
    expect(difference).toBeLessThan(1e-5);
  });

  it('refuses settings without an answer', () => {
    expect(() => sinkhorn(tf.tensor2d(scores), { epsilon: 0 })).toThrow('got 0 and 3');
    expect(() => sinkhorn(tf.tensor2d(scores), { iterations: 1.5 })).toThrow('got 0.05 and 1.5');
  });

  it('has no gradient', () => {
    const gradient = tf.grad((x: tf.Tensor) => tf.add(tf.sum(sinkhorn(x as tf.Tensor2D)), tf.sum(x)))(tf.tensor2d(scores));
    expect([...gradient.dataSync()].every((value) => value === 1)).toBe(true);
  });
});

describe('stopGradient', () => {
  it('keeps the value and ends the gradient', () => {
    const gradient = tf.grad((x) => tf.sum(tf.mul(x, stopGradient(x))))(tf.scalar(3));
    expect(gradient.dataSync()[0]).toBe(3);
  });
});
