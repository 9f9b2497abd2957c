import * as tf from '@tensorflow/tfjs-core';
import { compile, withPrecision } from '@ssl/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../use-backend.js';
import { tensorflowType } from './data-type.js';
import { filterGradientByProducts, isQuickerByProducts } from './filter-gradient-by-products.js';
import { inputGradientByProduct, isStridedProduct } from './input-gradient-by-product.js';
import { recordOperations } from './operation-recorder.js';
import { activeBackend, attribute, runSingleOp } from './run-op.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu', threads: 2 });
  activeBackend().binding.convolvesInBfloat16 = true; // also where that is slow
});

type Shape4D = [number, number, number, number];

const sizesOf = (x: readonly number[], filter: readonly number[], stride: number | [number, number], pad: 'same' | 'valid') =>
  tf.backend_util.computeConv2DInfo(x as Shape4D, filter as Shape4D, stride, 1, pad);
const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const normal = (shape: readonly number[], seed: number): tf.Tensor4D => tf.randomNormal([...shape] as Shape4D, 0, 1, 'float32', seed);
const lengths = (shape: readonly number[]) => tf.tensor1d([...shape], 'int32');

type Sizes = ReturnType<typeof sizesOf>;

/** The library's own gradient of these inputs. */
function librarys(kind: string, inputs: tf.Tensor[], sizes: Sizes): number[] {
  const attributes = [attribute.int('strides', [1, sizes.strideHeight, sizes.strideWidth, 1]), attribute.string('padding', sizes.padInfo.type), attribute.string('data_format', 'NHWC')];
  return numbers(runSingleOp(kind, attributes, inputs));
}

/**
 * The gradient with respect to the filter, written out. The library is no reference here: without AVX-512 oneDNN's kernel for strided
 * 1 x 1 filters of fewer than 8 channels gives numbers that differ from run to run, which is why products take its place.
 */
function filterGradient(images: tf.Tensor4D, dy: tf.Tensor4D, { filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth, inHeight, inWidth, padInfo }: Sizes): number[] {
  const [x, gradient] = [images.arraySync(), dy.arraySync()];
  const [inputs, outputs] = [images.shape[3], dy.shape[3]];
  const sum = new Float64Array(filterHeight * filterWidth * inputs * outputs);
  for (const [b, rows] of gradient.entries()) {
    for (let row = 0; row < outHeight; row += 1) for (let column = 0; column < outWidth; column += 1) {
      for (let down = 0; down < filterHeight; down += 1) for (let right = 0; right < filterWidth; right += 1) {
        const [top, left] = [row * strideHeight + down - padInfo.top, column * strideWidth + right - padInfo.left];
        if (top < 0 || top >= inHeight || left < 0 || left >= inWidth) continue;
        for (let i = 0; i < inputs; i += 1) for (let o = 0; o < outputs; o += 1) {
          sum[((down * filterWidth + right) * inputs + i) * outputs + o]! += x[b]![top]![left]![i]! * rows[row]![column]![o]!;
        }
      }
    }
  }
  return Array.from(sum);
}

/** What `make` gives is what was expected, with nothing left that it made on the way. */
function expectGradient(expected: readonly number[], { shape, digits }: { shape: readonly number[]; digits: number }, make: () => tf.Tensor) {
  const before = tf.memory().numTensors;
  const made = make();
  expect(tf.memory().numTensors).toBe(before + 1);
  expect(made.shape).toEqual(shape);
  numbers(made).forEach((value, index) => {
    expect(value).toBeCloseTo(expected[index]!, digits);
  });
}

describe('the filter gradient equals the one written out, and frees what it made', () => {
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
    const sizes = sizesOf(x, filter, stride as number | [number, number], padding);
    const [images, dy] = [normal(x, 1), normal(sizes.outShape, 2)];
    expectGradient(filterGradient(images, dy, sizes), { shape: filter, digits: 3 }, () => filterGradientByProducts(images, dy, sizes));
  });
});

describe('the filter gradient by products is chosen where it was measured to be quicker', () => {
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
    expect(isQuickerByProducts(sizesOf(x, filter, stride, padding), type)).toBe(expected);
  });
});

test.runIf(process.arch === 'x64')('a compiled bfloat16 filter gradient is made of products, and equals the eager one bit for bit and the float32 one within rounding', async () => {
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

describe('the input gradient equals the library, and frees what it made', () => {
  test.each([
    ['stride 2', [2, 6, 8, 3], [1, 1, 3, 4], 2],
    ['stride 3', [1, 9, 6, 2], [1, 1, 2, 5], 3],
    ['strides that differ', [2, 4, 6, 3], [1, 1, 3, 2], [1, 2]],
  ] as const)('%s', (_, x, shape, stride) => {
    const sizes = sizesOf(x, shape, stride as number | [number, number], 'valid');
    const [filter, dy] = [normal(shape, 1), normal(sizes.outShape, 2)];
    expectGradient(librarys('Conv2DBackpropInput', [lengths(x), filter, dy], sizes), { shape: x, digits: 4 }, () => inputGradientByProduct(dy, filter, sizes));
  });
});

describe('the input gradient by a product is chosen where it was measured to be quicker', () => {
  const { float, bfloat16 } = tensorflowType;
  test.each([
    [true, bfloat16, 'stride 2', [2, 8, 8, 64], [1, 1, 64, 128], 2],
    [false, float, 'float32', [2, 8, 8, 64], [1, 1, 64, 128], 2],
    [false, bfloat16, 'stride 1', [2, 8, 8, 64], [1, 1, 64, 128], 1],
    [false, bfloat16, '3 x 3', [2, 9, 9, 64], [3, 3, 64, 128], 2],
    [false, bfloat16, 'sides that the stride does not divide', [2, 7, 8, 64], [1, 1, 64, 128], 2],
  ] as const)('%s: %i %s', (expected, type, _, x, filter, stride) => {
    expect(isStridedProduct(sizesOf(x, filter, stride, 'valid'), type)).toBe(expected);
  });
});

test.runIf(process.arch === 'x64')('a compiled bfloat16 input gradient is a product, and equals the eager one bit for bit and the float32 one within rounding', async () => {
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
