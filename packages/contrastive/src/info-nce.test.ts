import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import { l2Normalize } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { infoNce } from './info-nce.js';

interface Case {
  readonly inputs: [number[][]];
  readonly keys: number[][];
  readonly negatives: number[][];
  readonly temperature: number;
  readonly loss: number;
  readonly gradients: [number[][]];
}
const { cases } = JSON.parse(readFileSync(new URL('__fixtures__/info-nce.json', import.meta.url), 'utf8')) as { cases: Case[] };

const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Equation 1 with plain numbers. */
function literal({ inputs: [queries], keys, negatives, temperature }: Case): number {
  const losses = queries.map((q, i) => {
    const positive = Math.exp(dot(q, keys[i]!) / temperature);
    const others = negatives.reduce((sum, n) => sum + Math.exp(dot(q, n) / temperature), 0);
    return -Math.log(positive / (positive + others));
  });
  return losses.reduce((a, b) => a + b) / losses.length;
}

describe('infoNce', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it.each(cases.map((golden) => [golden.temperature, golden] as const))(
    "equals lightly's loss with a memory bank, its gradient, and the literal equation at temperature %d",
    (temperature, golden) => {
      const [keys, negatives] = [tf.tensor2d(golden.keys), tf.tensor2d(golden.negatives)];
      // lightly scales the queries to unit length itself, so its gradient passes through that too.
      const loss = (q: tf.Tensor) => infoNce(l2Normalize(q as Tensor2D), keys, negatives, { temperature }).loss;
      const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d(golden.inputs[0]));
      expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 4);
      expect(value.dataSync()[0]).toBeCloseTo(literal(golden), 4);
      const difference = tf.max(tf.abs(tf.sub(grad, tf.tensor2d(golden.gradients[0])))).dataSync()[0];
      expect(difference).toBeLessThan(1e-4);
    },
  );

  it('counts further negatives of each query', () => {
    const q = tf.tensor2d([[1, 0]]);
    const { loss } = infoNce(q, q, tf.tensor2d([[0, 1]]), { temperature: 1, more: tf.tensor2d([[0, 0]]) });
    expect(loss.dataSync()[0]).toBeCloseTo(-Math.log(Math.E / (Math.E + 3)), 5);
  });

  it('is ln(1 + negatives) for identical vectors and stays finite at temperature 0.01 and at zero vectors', () => {
    const same = tf.ones([2, 1]) as Tensor2D;
    expect(infoNce(same, same, tf.ones([7, 1])).loss.dataSync()[0]).toBeCloseTo(Math.log(8), 5);
    const gradient = tf.valueAndGrad((q: tf.Tensor) => infoNce(q as Tensor2D, same, tf.neg(tf.ones([7, 1])), { temperature: 0.01 }).loss);
    for (const start of [same, tf.zeros([2, 1]), tf.neg(same)]) {
      const { value, grad } = gradient(start);
      expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true);
    }
  });

  it('names the shapes that do not fit', () => {
    expect(() => infoNce(tf.ones([2, 3]), tf.ones([2, 3]), tf.ones([5, 4]))).toThrow('[2, 3], [2, 3], [5, 4]');
  });
});
