import * as tf from '@tensorflow/tfjs-core';
import { compile, withPrecision } from '@ssl/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../use-backend.js';
import { tensorflowType } from './data-type.js';
import { filterGradientByProducts, isQuickerByProducts } from './filter-gradient-by-products.js';
import { recordOperations } from './operation-recorder.js';
import { attribute, runSingleOp } from './run-op.js';

beforeAll(() => useBackend({ device: 'cpu', threads: 2 }));

type Shape4D = [number, number, number, number];

const sizesOf = (x: Shape4D, filter: Shape4D, stride: number | [number, number], pad: 'same' | 'valid' | number) => tf.backend_util.computeConv2DInfo(x, filter, stride, 1, pad);
const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

describe('equals the library, and frees what it made', () => {
  test.each([
    ['stride 1, padded', [2, 5, 7, 3], [3, 3, 3, 4], 1, 'same'],
    ['stride 1, valid', [2, 6, 5, 3], [3, 2, 3, 4], 1, 'valid'],
    ['stride 2, zeros laid around already', [3, 10, 8, 4], [3, 3, 4, 5], 2, 'valid'],
    ['stride 2, padded', [2, 7, 9, 3], [3, 3, 3, 4], 2, 'same'],
    ['stride 3, filter 7 x 5', [1, 15, 14, 2], [7, 5, 2, 3], 3, 'same'],
    ['strides that differ', [2, 8, 9, 2], [3, 3, 2, 3], [1, 2], 'same'],
    ['1 x 1', [2, 4, 5, 3], [1, 1, 3, 4], 1, 'valid'],
    ['1 x 1, stride 2', [2, 6, 8, 3], [1, 1, 3, 4], 2, 'valid'],
  ] as const)('%s', (_, x, filter, stride, padding) => {
    const sizes = sizesOf([...x], [...filter], stride as number | [number, number], padding);
    const images: tf.Tensor4D = tf.randomNormal([...x] as Shape4D, 0, 1, 'float32', 1);
    const dy: tf.Tensor4D = tf.randomNormal(sizes.outShape, 0, 1, 'float32', 2);
    const own = runSingleOp(
      'Conv2DBackpropFilter',
      [attribute.int('strides', [1, sizes.strideHeight, sizes.strideWidth, 1]), attribute.string('padding', sizes.padInfo.type), attribute.string('data_format', 'NHWC')],
      [images, tf.tensor1d([...filter], 'int32'), dy],
    );
    const before = tf.memory().numTensors;
    const made = filterGradientByProducts(images, dy, sizes);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(made.shape).toEqual(filter);
    const expected = numbers(own);
    numbers(made).forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index]!, 3);
    });
  });
});

describe('chosen where it was measured to be quicker', () => {
  const { float, bfloat16, int32 } = tensorflowType;
  test.each([
    [true, bfloat16, 'bfloat16, 512 channels', [2, 4, 4, 512], [3, 3, 512, 512], 1, 'same'],
    [false, float, 'float32, stride 1', [2, 4, 4, 512], [3, 3, 512, 512], 1, 'same'],
    [true, float, 'float32, stride 2', [2, 10, 10, 256], [3, 3, 256, 512], 2, 'valid'],
    [false, bfloat16, '128 channels', [2, 18, 18, 64], [3, 3, 64, 128], 2, 'valid'],
    [true, bfloat16, '1 x 1, 256 channels', [2, 8, 8, 256], [1, 1, 256, 512], 2, 'same'],
    [false, float, '1 x 1 in float32', [2, 8, 8, 512], [1, 1, 512, 512], 2, 'same'],
    [false, bfloat16, '1 x 1, 128 channels', [2, 8, 8, 128], [1, 1, 128, 512], 1, 'same'],
    [false, int32, 'whole numbers', [2, 4, 4, 512], [3, 3, 512, 512], 1, 'same'],
    [false, bfloat16, 'a row that no position sees', [2, 11, 10, 256], [2, 2, 256, 256], 2, 'valid'],
  ] as const)('%s: %i %s', (expected, type, _, x, filter, stride, padding) => {
    expect(isQuickerByProducts(sizesOf([...x], [...filter], stride, padding), type)).toBe(expected);
  });
});

test.runIf(process.arch === 'x64')('a compiled bfloat16 gradient is made of products, and equals the eager one bit for bit and the float32 one within rounding', async () => {
  const images: tf.Tensor4D = tf.randomNormal([2, 6, 6, 8], 0, 1, 'float32', 3);
  const filters: [tf.Tensor4D, tf.Tensor4D] = [tf.randomNormal([1, 1, 8, 8], 0, 0.4, 'float32', 5), tf.randomNormal([3, 3, 8, 256], 0, 0.2, 'float32', 4)];
  // The first convolution makes bfloat16 images for the second.
  const gradient = ([first, second]: readonly [tf.Tensor4D, tf.Tensor4D]) =>
    tf.grad((w) => tf.sum(tf.conv2d(tf.conv2d(tf.conv2d(images, first, 1, 'same'), w as tf.Tensor4D, 1, 'same'), tf.fill([1, 1, 256, 1], 0.5) as tf.Tensor4D, 1, 'same')))(second);
  const run = compile((weights: readonly [tf.Tensor4D, tf.Tensor4D]) => gradient(weights), { name: 'low gradient', precision: 'bfloat16' });
  const recorder = recordOperations('low gradient');
  const low = numbers(await run(filters));
  recorder.stop();
  const kinds = recorder.runs[0]!.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind.includes('MatMul'))).toHaveLength(9);
  expect(kinds.filter((kind) => kind.includes('BackpropFilter'))).toHaveLength(0);
  expect(numbers(withPrecision('bfloat16', () => gradient(filters)))).toEqual(low);
  const high = numbers(gradient(filters));
  const largest = Math.max(...high.map(Math.abs));
  low.forEach((value, index) => {
    expect(Math.abs(value - high[index]!) / largest).toBeLessThan(0.02);
  });
  run.dispose();
});
