import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { swavLoss } from './swav-loss.js';

interface Case {
  readonly inputs: number[][][];
  readonly loss: number;
  readonly gradients: (number[][] | null)[];
  readonly temperature: number;
}
const { cases } = JSON.parse(readFileSync(new URL('__fixtures__/swav.json', import.meta.url), 'utf8')) as { cases: Case[] };

describe('swavLoss', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it.each(cases.map((golden, i) => [i, golden] as const))("equals lightly's SwaVLoss and its gradients, case %d", (_, golden) => {
    const queue = golden.inputs.slice(4).map((x) => tf.tensor2d(x));
    const options = { temperature: golden.temperature, ...(queue.length > 0 ? { queue } : {}) };
    const loss = (...scores: tf.Tensor[]) => swavLoss(scores as Tensor2D[], options);
    const { value, grads } = tf.valueAndGrads(loss)(golden.inputs.slice(0, 4).map((x) => tf.tensor2d(x)));
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 4);
    grads.forEach((grad, i) => {
      const difference = tf.max(tf.abs(tf.sub(grad, tf.tensor2d(golden.gradients[i]!)))).dataSync()[0];
      expect(difference).toBeLessThan(1e-4);
    });
  });

  it('does not see a queue of weight 0', () => {
    const scores = cases[2]!.inputs.slice(0, 4).map((x) => tf.tensor2d(x));
    const queue = cases[2]!.inputs.slice(4).map((x) => tf.tensor2d(x));
    const without = swavLoss(scores).dataSync()[0]!;
    expect(swavLoss(scores, { queue, queueWeights: tf.zeros([6]) }).dataSync()[0]).toBeCloseTo(without, 5);
    expect(Math.abs(swavLoss(scores, { queue, queueWeights: tf.ones([6]) }).dataSync()[0]! - without)).toBeGreaterThan(1e-3);
  });

  it('is ln(prototypes) where the scores say nothing', () => {
    const scores = tf.zeros([4, 5]) as Tensor2D;
    expect(swavLoss([scores, scores]).dataSync()[0]).toBeCloseTo(Math.log(5), 5);
  });

  it('stays finite at temperature 0.01', () => {
    const loss = (scores: tf.Tensor) => swavLoss([scores as Tensor2D, scores as Tensor2D], { temperature: 0.01, epsilon: 0.01 });
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d([[1, -1], [-1, 1], [1, 1]]));
    expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it('refuses one crop', () => {
    expect(() => swavLoss([tf.ones([2, 3])])).toThrow('at least 2 crops');
  });
});
