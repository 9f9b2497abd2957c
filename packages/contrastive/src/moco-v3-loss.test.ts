import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { mocoV3Loss } from './moco-v3-loss.js';

type Matrix = number[][];
interface Case {
  readonly temperature: number;
  readonly queries: [Matrix, Matrix];
  readonly keys: [Matrix, Matrix];
  readonly loss: number;
  readonly gradients: [Matrix, Matrix];
}
const { cases } = JSON.parse(readFileSync(new URL('__fixtures__/moco-v3.json', import.meta.url), 'utf8')) as { cases: Case[] };
const pair = ([a, b]: readonly [Matrix, Matrix]): [Tensor2D, Tensor2D] => [tf.tensor2d(a), tf.tensor2d(b)];

const unit = (v: number[]): number[] => v.map((x) => x / Math.hypot(...v));
const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** The formula with plain numbers. */
function literal({ queries, keys, temperature }: Case): number {
  const one = (qs: Matrix, ks: Matrix): number => {
    const losses = qs.map((q, i) => {
      const powers = ks.map((k) => Math.exp(dot(unit(q), unit(k)) / temperature));
      return -Math.log(powers[i]! / powers.reduce((a, b) => a + b));
    });
    return losses.reduce((a, b) => a + b) / losses.length;
  };
  return 2 * temperature * (one(queries[0], keys[1]) + one(queries[1], keys[0]));
}

describe('mocoV3Loss', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it.each(cases.map((golden) => [golden.temperature, golden] as const))(
    "equals the paper's algorithm in PyTorch, its gradients, and the formula written out at temperature %d",
    (temperature, golden) => {
      const keys = pair(golden.keys);
      const loss = (...queries: tf.Tensor[]) => mocoV3Loss({ queries: queries as [Tensor2D, Tensor2D], keys, temperature }).loss;
      const { value, grads } = tf.valueAndGrads(loss)(pair(golden.queries));
      expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 4);
      expect(value.dataSync()[0]).toBeCloseTo(literal(golden), 4);
      grads.forEach((grad, i) => {
        expect(tf.max(tf.abs(tf.sub(grad, tf.tensor2d(golden.gradients[i]!)))).dataSync()[0]).toBeLessThan(1e-5);
      });
    },
  );

  it('is 4 T ln(batch) for equal vectors, and finite at temperature 0.01 and for zero vectors', () => {
    const same = tf.ones([7, 2]) as Tensor2D;
    expect(mocoV3Loss({ queries: [same, same], keys: [same, same], temperature: 0.2 }).loss.dataSync()[0]).toBeCloseTo(0.8 * Math.log(7), 5);
    const zero = tf.zeros([7, 2]) as Tensor2D;
    const loss = (q: tf.Tensor) => mocoV3Loss({ queries: [q as Tensor2D, same], keys: [same, zero], temperature: 0.01 }).loss;
    for (const start of [same, zero]) {
      const { value, grad } = tf.valueAndGrad(loss)(start);
      expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  it('says what does not fit', () => {
    const [a, b] = [tf.ones([2, 3]), tf.ones([2, 4])] as [Tensor2D, Tensor2D];
    expect(() => mocoV3Loss({ queries: [a, a], keys: [a, b] })).toThrow('[2, 3] and [2, 4]');
    expect(() => mocoV3Loss({ queries: [a, a], keys: [a, a], temperature: 0 })).toThrow('temperature above 0');
  });
});
