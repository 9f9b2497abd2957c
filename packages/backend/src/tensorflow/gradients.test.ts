import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining } from '@ssl/core/ops';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerTrainingKernels } from '../kernels/register-training-kernels.js';
import { ensureLibtensorflow } from '../library/ensure-libtensorflow.js';
import { createTensorflowBackend } from './register.js';

beforeAll(async () => {
  await createTensorflowBackend({ folder: await ensureLibtensorflow(), threads: 2 });
  await tf.setBackend('tensorflow');
  registerTrainingKernels();
});

const normal = (shape: number[], seed: number, deviation = 1) => tf.randomNormal(shape, 0, deviation, 'float32', seed);

/** Compares the derivative along a random direction with a central difference. */
function expectGradient(loss: (...xs: tf.Tensor[]) => tf.Tensor, xs: tf.Tensor[], epsilon = 1e-2): void {
  const gradients = tf.grads(loss)(xs);
  xs.forEach((x, index) => {
    const direction = normal(x.shape, 100 + index);
    const unit = tf.div(direction, tf.norm(direction));
    const at = (distance: number) => {
      const moved = xs.map((other, position) => (position === index ? tf.add(other, tf.mul(unit, distance)) : other));
      return loss(...moved).dataSync()[0]!;
    };
    const numeric = (at(epsilon) - at(-epsilon)) / (2 * epsilon);
    const analytic = tf.sum(tf.mul(gradients[index]!, unit)).dataSync()[0]!;
    expect(Math.abs(analytic - numeric), `argument ${index}: ${analytic} against ${numeric}`).toBeLessThan(2e-3 + 1e-2 * Math.abs(numeric));
  });
}

describe('gradients equal finite differences', () => {
  test('a network of convolution, batch norm, ReLU, pooling, matrix product, bias and softmax', () => {
    const labels = tf.oneHot(tf.tensor1d([0, 2, 1, 0], 'int32'), 3);
    expectGradient(
      (x, kernel, scale, offset, weight, bias) => {
        const convolved = tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, 2, 'same');
        const { y } = batchNormTraining(convolved, scale as tf.Tensor1D, offset as tf.Tensor1D);
        const pooled = tf.mean(tf.relu(y), [1, 2]);
        const logits = tf.add(tf.matMul(pooled as tf.Tensor2D, weight as tf.Tensor2D), bias as tf.Tensor);
        return tf.losses.softmaxCrossEntropy(labels, logits);
      },
      [normal([4, 8, 8, 3], 1), normal([3, 3, 3, 5], 2, 0.4), tf.add(1, normal([5], 3, 0.1)), normal([5], 4, 0.1), normal([5, 3], 5), normal([3], 6)],
    );
  });

  test.each([
    ['relu6', (x: tf.Tensor) => tf.relu6(tf.mul(x, 4))],
    ['tanh', (x: tf.Tensor) => tf.tanh(x)],
    ['sigmoid', (x: tf.Tensor) => tf.sigmoid(x)],
    ['mean over one axis', (x: tf.Tensor) => tf.mean(x, 1)],
    ['mean over all', (x: tf.Tensor) => tf.mean(x)],
    ['sum with kept axes', (x: tf.Tensor) => tf.sum(x, [0], true)],
    ['tile', (x: tf.Tensor) => tf.tile(x, [2, 3])],
    ['broadcastTo', (x: tf.Tensor) => tf.broadcastTo(tf.slice(x, [0, 0], [3, 1]), [3, 6])],
    ['log softmax', (x: tf.Tensor) => tf.logSoftmax(x)],
    ['added to a matrix as a row', (x: tf.Tensor) => tf.add(tf.ones([5, 4]), tf.sum(x, 0))],
    ['added to a matrix as a column', (x: tf.Tensor) => tf.add(tf.ones([3, 5]), tf.sum(x, 1, true))],
  ])('%s', (_, f) => {
    expectGradient((x) => tf.sum(tf.mul(tf.square(f(x)), 0.5)), [normal([3, 4], 7, 0.5)]);
  });
});

test('other backends keep their gradients', async () => {
  const compute = () => Array.from(tf.grad((x) => tf.sum(tf.square(tf.relu(tf.add(tf.mean(x, 0, true), x)))))(tf.tensor2d([[1, -2], [3, 4]])).dataSync());
  const ours = compute();
  tf.env().set('IS_TEST', true); // or the backend prints an advertisement
  await import('@tensorflow/tfjs-backend-cpu');
  await tf.setBackend('cpu');
  try {
    expect(compute()).toEqual(ours);
  } finally {
    await tf.setBackend('tensorflow');
    tf.env().set('IS_TEST', false);
  }
});
