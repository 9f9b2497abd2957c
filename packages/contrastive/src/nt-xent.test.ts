import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { ntXent } from './nt-xent.js';

interface Case {
  readonly temperature: number;
  readonly a: number[][];
  readonly b: number[][];
  readonly lightly: number;
  readonly simclr: number;
  readonly gradients: [number[][], number[][]];
}

// lightly's NTXentLoss and SimCLR's code; made by tools/golden/nt_xent.py.
const { cases } = JSON.parse(readFileSync(new URL('__fixtures__/nt-xent.json', import.meta.url), 'utf8')) as { cases: Case[] };

const numbers = (tensor: Tensor) => [...tensor.dataSync()];

/** Equation 1, pair by pair, with plain numbers. */
function literal(a: number[][], b: number[][], temperature: number): number {
  const unit = (x: number[]) => x.map((value) => value / Math.hypot(...x));
  const z = [...a, ...b].map(unit);
  const s = (i: number, k: number) => (z[i]!).reduce((sum, x, d) => sum + x * ((z[k]!)[d]!), 0);
  const n = a.length;
  const losses = z.map((_, i) => {
    const all = z.reduce((sum, _row, k) => (k === i ? sum : sum + Math.exp(s(i, k) / temperature)), 0);
    return -Math.log(Math.exp(s(i, (i + n) % (2 * n)) / temperature) / all);
  });
  return losses.reduce((x, y) => x + y) / losses.length;
}

/** Loss and both gradients. */
function run(a: Tensor2D, b: Tensor2D, temperature: number): { loss: number; gradients: number[][] } {
  const { value, grads } = tf.valueAndGrads((x, y) => ntXent(x as Tensor2D, y as Tensor2D, { temperature }).loss)([a, b]);
  return { loss: numbers(value)[0]!, gradients: grads.map(numbers) };
}

describe.each(['js', 'cpu'] as const)('ntXent on %s', (device) => {
  beforeAll(async () => {
    await useBackend({ device });
  });

  test.each(cases.map((golden) => [golden.temperature, golden] as const))(
    "equals lightly, SimCLR's code and the literal equation, gradients too, at temperature %d",
    (temperature, { a, b, ...golden }) => {
      const { loss, gradients } = run(tf.tensor2d(a), tf.tensor2d(b), temperature);
      expect(loss).toBeCloseTo(golden.lightly, 4);
      expect(loss).toBeCloseTo(golden.simclr, 4);
      expect(loss).toBeCloseTo(literal(a, b, temperature), 4);
      for (const [view, expected] of golden.gradients.entries()) {
        const size = Math.max(1, ...expected.flat().map(Math.abs));
        expected.flat().forEach((value, index) => {
          expect(Math.abs(((gradients[view]!)[index]!) - value)).toBeLessThan(1e-4 * size);
        });
      }
    },
  );

  test('the gradient is the slope, by finite differences', () => {
    const { a, b } = cases[1]!;
    const [x, y] = [tf.tensor2d(a), tf.tensor2d(b)];
    const direction = tf.tensor2d(a.map((row, i) => row.map((_, j) => Math.sin(3 * i + j))));
    const at = (distance: number) => numbers(ntXent(tf.add(x, tf.mul(direction, distance)), y, { temperature: 0.5 }).loss)[0]!;
    const slope = (at(1e-2) - at(-1e-2)) / 2e-2;
    const [gradient] = run(x, y, 0.5).gradients as [number[]];
    const along = numbers(direction).reduce((sum, d, i) => sum + d * (gradient[i]!), 0);
    expect(along).toBeCloseTo(slope, 3);
  });

  test('exchanging the views or permuting the images changes nothing', () => {
    const { a, b } = cases[0]!;
    const loss = run(tf.tensor2d(a), tf.tensor2d(b), 0.1).loss;
    expect(run(tf.tensor2d(b), tf.tensor2d(a), 0.1).loss).toBeCloseTo(loss, 5);
    expect(run(tf.tensor2d([...a].reverse()), tf.tensor2d([...b].reverse()), 0.1).loss).toBeCloseTo(loss, 5);
  });

  const orthogonal = [
    [1, 0],
    [0, 1],
  ];
  test.each<[string, number[][], number[][], number, number]>([
    ['identical embeddings: ln(2N - 1)', Array(4).fill([1, 2]), Array(4).fill([1, 2]), 0.01, Math.log(7)],
    ['zero vectors: ln(2N - 1)', Array(3).fill([0, 0]), Array(3).fill([0, 0]), 0.1, Math.log(5)],
    ['one image', [[1, 2]], [[-3, 1]], 0.1, 0],
    ['two images, perfect at temperature 0.01', orthogonal, orthogonal, 0.01, 0],
    ["the docstring's example", orthogonal, orthogonal, 1, -Math.log(Math.E / (Math.E + 2))],
    ['two images, as wrong as can be at temperature 0.01', orthogonal, [...orthogonal].reverse(), 0.01, 100],
  ])('extreme: %s', (_name, a, b, temperature, expected) => {
    const { loss, gradients } = run(tf.tensor2d(a), tf.tensor2d(b), temperature);
    expect(loss).toBeCloseTo(expected, 4);
    for (const value of gradients.flat()) expect(Number.isFinite(value)).toBe(true);
  });

  test('misuse is explained', () => {
    expect(() => ntXent(tf.zeros([2, 3]), tf.zeros([3, 3]))).toThrow(/one shape .* got \[2, 3\] and \[3, 3\]/);
    expect(() => ntXent(tf.zeros([2, 3]), tf.zeros([2, 3]), { temperature: 0 })).toThrow(/temperature above 0, got 0/);
  });
});
