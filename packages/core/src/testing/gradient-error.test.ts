import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { gradientError } from './gradient-error.js';

beforeAll(() => tf.setBackend('cpu'));

const inputs = () => [tf.tensor2d([[0.3, -1], [0.5, 0.2]]), tf.tensor2d([[1, 0.4], [-0.7, 0.1]])];
const loss = (a: tf.Tensor, b: tf.Tensor): tf.Scalar => tf.mean(tf.exp(tf.mul(a, b)));

test('a right gradient is the slope', () => {
  expect(gradientError((a, b) => loss(a!, b!), inputs())).toBeLessThan(2e-3);
});

test.each([
  ['a factor too small', 0.9],
  ['of the wrong sign', -1],
])('a gradient that is %s is seen', (_, factor) => {
  const wrong = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.mul(dy, factor) }));
  expect(gradientError((a, b) => loss(wrong(a!), b!), inputs())).toBeGreaterThan(0.02);
});

test('a gradient that is missing for one input is seen', () => {
  const [a, b] = inputs();
  const stopped = tf.customGrad((x) => ({ value: tf.clone(x as tf.Tensor), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }));
  expect(gradientError((x, y) => loss(x!, stopped(y!)), [a!, b!])).toBeGreaterThan(0.1);
});
