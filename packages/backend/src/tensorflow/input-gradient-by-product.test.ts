import * as tf from '@tensorflow/tfjs-core';
import { compile, withPrecision } from '@ssl/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../use-backend.js';
import { tensorflowType } from './data-type.js';
import { inputGradientByProduct, isStridedProduct } from './input-gradient-by-product.js';
import { recordOperations } from './operation-recorder.js';
import { attribute, runSingleOp } from './run-op.js';

beforeAll(() => useBackend({ device: 'cpu', threads: 2 }));

type Shape4D = [number, number, number, number];

const sizesOf = (x: readonly number[], filter: readonly number[], stride: number | [number, number]) =>
  tf.backend_util.computeConv2DInfo(x as Shape4D, filter as Shape4D, stride, 1, 'valid');
const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

describe('equals the library, and frees what it made', () => {
  test.each([
    ['stride 2', [2, 6, 8, 3], [1, 1, 3, 4], 2],
    ['stride 3', [1, 9, 6, 2], [1, 1, 2, 5], 3],
    ['strides that differ', [2, 4, 6, 3], [1, 1, 3, 2], [1, 2]],
  ] as const)('%s', (_, x, shape, stride) => {
    const sizes = sizesOf(x, shape, stride as number | [number, number]);
    const filter: tf.Tensor4D = tf.randomNormal([...shape] as Shape4D, 0, 1, 'float32', 1);
    const dy: tf.Tensor4D = tf.randomNormal(sizes.outShape, 0, 1, 'float32', 2);
    const own = runSingleOp(
      'Conv2DBackpropInput',
      [attribute.int('strides', [1, sizes.strideHeight, sizes.strideWidth, 1]), attribute.string('padding', 'VALID'), attribute.string('data_format', 'NHWC')],
      [tf.tensor1d([...x], 'int32'), filter, dy],
    );
    const before = tf.memory().numTensors;
    const made = inputGradientByProduct(dy, filter, sizes);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(made.shape).toEqual(x);
    const expected = numbers(own);
    numbers(made).forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 4);
    });
  });
});

describe('chosen where it was measured to be quicker', () => {
  const { float, bfloat16 } = tensorflowType;
  test.each([
    [true, bfloat16, 'stride 2', [2, 8, 8, 64], [1, 1, 64, 128], 2],
    [false, float, 'float32', [2, 8, 8, 64], [1, 1, 64, 128], 2],
    [false, bfloat16, 'stride 1', [2, 8, 8, 64], [1, 1, 64, 128], 1],
    [false, bfloat16, '3 x 3', [2, 9, 9, 64], [3, 3, 64, 128], 2],
    [false, bfloat16, 'sides that the stride does not divide', [2, 7, 8, 64], [1, 1, 64, 128], 2],
  ] as const)('%s: %i %s', (expected, type, _, x, filter, stride) => {
    expect(isStridedProduct(sizesOf(x, filter, stride), type)).toBe(expected);
  });
});

test.runIf(process.arch === 'x64')('a compiled bfloat16 gradient is a product, and equals the eager one bit for bit and the float32 one within rounding', async () => {
  const x: tf.Tensor4D = tf.randomNormal([2, 8, 8, 32], 0, 1, 'float32', 1);
  const filter: tf.Tensor4D = tf.randomNormal([1, 1, 32, 64], 0, 1, 'float32', 2);
  const weights: tf.Tensor4D = tf.randomNormal([2, 4, 4, 64], 0, 1, 'float32', 3);
  // A second convolution, so that the first one's gradient arrives in bfloat16.
  const after: tf.Tensor4D = tf.randomNormal([1, 1, 64, 64], 0, 1, 'float32', 4);
  const gradient = tf.grad((images) => tf.sum(tf.mul(tf.conv2d(tf.conv2d(images as tf.Tensor4D, filter, 2, 0), after, 1, 0), weights)));
  const step = compile(({ images }: { images: tf.Tensor4D }) => gradient(images), { name: 'strided', precision: 'bfloat16' });
  const recorder = recordOperations('strided');
  const low = numbers(await step({ images: x }));
  recorder.stop();
  const kinds = recorder.runs[0]!.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind.includes('MatMul'))).toHaveLength(1);
  expect(kinds.filter((kind) => kind.includes('Conv2DBackpropInput'))).toHaveLength(1);
  expect(numbers(withPrecision('bfloat16', () => gradient(x)))).toEqual(low);
  const high = numbers(gradient(x));
  const scale = Math.sqrt(high.reduce((sum, value) => sum + value * value, 0) / high.length);
  const error = Math.sqrt(high.reduce((sum, value, index) => sum + (value - low[index]!) ** 2, 0) / high.length);
  expect(error / scale).toBeLessThan(2e-2);
  step.dispose();
});
