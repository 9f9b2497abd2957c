import * as tf from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { beforeAll, expect, test } from 'vitest';
import { applyGaussianBlur } from '../blur/gaussian-blur.js';
import { multiplySides } from './multiply-sides.js';
import type { Planes } from './planes.js';

beforeAll(() => useBackend({ device: 'cpu', threads: 1 }));

test('a blur in stripes is the product with the whole matrices', () => {
  const [height, width, radius] = [160, 131, 9];
  const planes: Planes = tf.randomUniform([2, 3, height, width], 0, 1, 'float32', 1);
  const band = (side: number): tf.Tensor3D =>
    tf.tensor3d(
      [0.5, 2].flatMap((sigma) => {
        const taps = Array.from({ length: 2 * radius + 1 }, (_, tap) => Math.exp(-0.5 * ((tap - radius) / sigma) ** 2));
        const sum = taps.reduce((a, b) => a + b);
        return Array.from({ length: side }, (_, row) => {
          const line = new Array<number>(side).fill(0);
          taps.forEach((value, tap) => {
            const raw = Math.abs(row + tap - radius);
            const column = raw < side ? raw : 2 * (side - 1) - raw;
            line[column] = line[column]! + value / sum;
          });
          return line;
        }).flat();
      }),
      [2, side, side],
    );
  const blurred = applyGaussianBlur(planes, { sigma: tf.tensor1d([0.5, 2]), applied: tf.ones([2]) }, { kernelSize: 2 * radius + 1 });
  const whole = multiplySides(planes, band(height), band(width));
  expect(tf.max(tf.abs(tf.sub(blurred, whole))).dataSync()[0]).toBeLessThan(1e-6);
});
