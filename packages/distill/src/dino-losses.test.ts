import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { centredTargets, dinoLoss } from './dino-loss.js';
import { ibotPatchLoss } from './ibot-patch-loss.js';
import { koleoLoss } from './koleo-loss.js';

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`__fixtures__/${name}.json`, import.meta.url), 'utf8')) as { cases: unknown[] };

const farthest = (a: tf.Tensor, b: tf.Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

describe('dinoLoss', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  const [golden] = read('dino').cases as [
    { inputs: number[][][]; teachers: number[][][]; centre: number[]; teacherTemperature: number; loss: number; gradients: number[][][] },
  ];

  it("equals lightly's DINOLoss and its gradients", () => {
    const targets = golden.teachers.map((logits) => centredTargets(tf.tensor2d(logits), tf.tensor1d(golden.centre), golden.teacherTemperature));
    const loss = (...student: tf.Tensor[]) => dinoLoss({ student: student as Tensor2D[], targets });
    const { value, grads } = tf.valueAndGrads(loss)(golden.inputs.map((logits) => tf.tensor2d(logits)));
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 4);
    grads.forEach((grad, i) => expect(farthest(grad, tf.tensor2d(golden.gradients[i]!))).toBeLessThan(1e-5));
  });

  it('equals the sum over pairs, written out', () => {
    const softmax = (row: number[]): number[] => {
      const powers = row.map(Math.exp);
      const sum = powers.reduce((a, b) => a + b);
      return powers.map((power) => power / sum);
    };
    const [student, teacher] = [golden.inputs, golden.teachers];
    let total = 0;
    let pairs = 0;
    teacher.forEach((target, t) =>
      student.forEach((prediction, s) => {
        if (s === t) return;
        pairs++;
        target.forEach((row, i) => {
          const p = softmax(row.map((x, k) => (x - golden.centre[k]!) / 0.05));
          const q = softmax(prediction[i]!.map((x) => x / 0.1));
          total -= p.reduce((sum, x, k) => sum + x * Math.log(q[k]!), 0) / target.length;
        });
      }),
    );
    const targets = teacher.map((logits) => centredTargets(tf.tensor2d(logits), tf.tensor1d(golden.centre), 0.05));
    expect(dinoLoss({ student: student.map((x) => tf.tensor2d(x)), targets }).dataSync()[0]).toBeCloseTo(total / pairs, 4);
  });

  it('is ln(outputs) for a uniform student, and finite for logits of 10,000', () => {
    const targets = [centredTargets(tf.tensor2d([[1, 2, 3]]), tf.zeros([3]), 0.04)];
    const flat = tf.zeros([1, 3]) as Tensor2D;
    expect(dinoLoss({ student: [flat, flat], targets }).dataSync()[0]).toBeCloseTo(Math.log(3), 5);
    const wild = tf.tensor2d([[10_000, -10_000, 0]]);
    const wildTargets = [centredTargets(wild, tf.zeros([3]), 0.04)];
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => dinoLoss({ student: [wild, x as Tensor2D], targets: wildTargets }))(wild);
    expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it('refuses a single crop', () => {
    expect(() => dinoLoss({ student: [tf.ones([1, 3])], targets: [tf.ones([1, 3])] })).toThrow('at least 2 student crops');
  });
});

describe('ibotPatchLoss', () => {
  const [golden] = read('ibot').cases as [
    {
      inputs: [number[][][]];
      teachers: number[][][];
      centre: number[];
      mask: number[][];
      teacherTemperature: number;
      loss: number;
      gradients: [number[][][]];
    },
  ];

  it("equals lightly's IBOTPatchLoss and its gradient, an image without masked patches included", () => {
    const teacher = tf.tensor3d(golden.teachers);
    const flat = centredTargets(tf.reshape(teacher, [18, 5]), tf.tensor1d(golden.centre), golden.teacherTemperature);
    const targets = tf.reshape(flat, [3, 6, 5]) as Tensor3D;
    const mask = tf.tensor2d(golden.mask);
    const loss = (student: tf.Tensor) => ibotPatchLoss({ student: student as Tensor3D, targets, mask });
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor3d(golden.inputs[0]));
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 4);
    expect(farthest(grad, tf.tensor3d(golden.gradients[0]))).toBeLessThan(1e-5);
  });

  it('refuses a mask of another length', () => {
    const x = tf.ones([1, 2, 3]) as Tensor3D;
    expect(() => ibotPatchLoss({ student: x, targets: x, mask: tf.ones([1, 3]) })).toThrow('[1, 3]');
  });
});

describe('koleoLoss', () => {
  const cases = read('koleo').cases as { inputs: [number[][]]; loss: number; gradients: [number[][]] }[];

  it.each(cases.map((golden) => [golden.inputs[0].length, golden] as const))("equals lightly's KoLeoLoss and its gradient for %d features", (_, golden) => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => koleoLoss(x as Tensor2D))(tf.tensor2d(golden.inputs[0]));
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 4);
    expect(farthest(grad, tf.tensor2d(golden.gradients[0]))).toBeLessThan(1e-4);
  });

  it.each([[[[1, 2]]], [[[1, 2], [1, 2]]], [[[0, 0], [0, 0]]]])('is finite with a finite gradient for %j', (features) => {
    const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => koleoLoss(x as Tensor2D))(tf.tensor2d(features));
    expect([...value.dataSync(), ...grad.dataSync()].every(Number.isFinite)).toBe(true);
  });
});
