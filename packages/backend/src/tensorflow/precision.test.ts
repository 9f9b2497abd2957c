import * as tf from '@tensorflow/tfjs-core';
import { batchNormTraining } from '@ssl/core/ops';
import type { Engine, Precision } from '@ssl/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { registerTrainingKernels } from '../kernels/register-training-kernels.js';
import { ensureLibtensorflow } from '../library/ensure-libtensorflow.js';
import { typeName } from './data-type.js';
import { createTensorflowEngine } from './engine.js';
import { createTensorflowBackend, type TensorflowBackend } from './register.js';

let tensorflow: TensorflowBackend;
let engine: Engine;

beforeAll(async () => {
  tensorflow = await createTensorflowBackend({ folder: await ensureLibtensorflow(), threads: 2 });
  await tf.setBackend('tensorflow');
  registerTrainingKernels();
  engine = createTensorflowEngine(tensorflow);
});

/** How the engine holds a tensor. */
const format = (tensor: tf.Tensor) => typeName(tensorflow.binding.entry(tensorflow.backend.getInputTensorIds([tensor])[0]!).type);
const low = <T>(fn: () => T): T => engine.withPrecision('bfloat16', fn);
const matrix = (seed: number, shape: [number, number] = [8, 8]) => tf.randomNormal(shape, 0, 1, 'float32', seed) as tf.Tensor2D;
const product = () => low(() => tf.matMul(matrix(1), matrix(2)));

describe('what is computed in which format', () => {
  test('products are low, statistics are high, the rest follows its inputs', () => {
    const y = product();
    expect(y.dtype).toBe('float32');
    low(() => {
      expect(format(y)).toBe('bfloat16');
      expect(format(tf.relu(y))).toBe('bfloat16');
      expect(format(tf.mul(y, 2))).toBe('bfloat16');
      expect(format(tf.transpose(y))).toBe('bfloat16');
      expect(format(tf.concat([y, y]))).toBe('bfloat16');
      expect(format(tf.cast(y, 'float32'))).toBe('bfloat16');
      for (const high of [tf.softmax, tf.mean, tf.sum, tf.exp, tf.log, tf.square, tf.rsqrt]) expect(format(high(y)), high.name).toBe('float32');
      expect(format(tf.add(y, matrix(3)))).toBe('float32'); // a tie
      expect(format(tf.add(y, tf.ones([8])))).toBe('bfloat16'); // follows the larger
      expect(format(tf.add(y, tf.ones([4, 8, 8])))).toBe('float32');
      expect(format(tf.add(matrix(3), 1))).toBe('float32'); // what never met a product is left alone
    });
  });

  test('convolutions are low where the processor is quick at it, high elsewhere, whatever their inputs are', () => {
    const { binding } = tensorflow;
    const before = binding.convolvesInBfloat16;
    const [images, filter] = [tf.reshape(product(), [1, 8, 8, 1]), tf.ones([3, 3, 1, 4])] as [tf.Tensor4D, tf.Tensor4D];
    const formats = [true, false].map((quick) => {
      binding.convolvesInBfloat16 = quick;
      return low(() => [tf.conv2d(images, filter, 1, 'same'), tf.depthwiseConv2d(images, filter, 1, 'same'), tf.matMul(matrix(1), matrix(2))].map(format));
    });
    binding.convolvesInBfloat16 = before;
    expect(formats).toEqual([
      ['bfloat16', 'bfloat16', 'bfloat16'],
      ['float32', 'float32', 'bfloat16'],
    ]);
  });

  test('batch norm keeps the format of the activations and float32 statistics', () => {
    low(() => {
      const { y, mean, variance } = batchNormTraining(product(), tf.ones([8]), tf.zeros([8]));
      expect([y, mean, variance].map(format)).toEqual(['bfloat16', 'float32', 'float32']);
    });
  });

  test('inside withPrecision float32 everything is float32 again, and scopes nest', () => {
    low(() => {
      const y = product();
      engine.withPrecision('float32', () => {
        expect(format(tf.matMul(y as tf.Tensor2D, matrix(1)))).toBe('float32');
        expect(format(tf.relu(y))).toBe('float32');
        expect(format(product())).toBe('bfloat16');
        expect(format(tf.matMul(matrix(1), matrix(2)))).toBe('float32');
      });
      expect(format(tf.matMul(matrix(1), matrix(2)))).toBe('bfloat16');
    });
    expect(format(tf.matMul(matrix(1), matrix(2)))).toBe('float32');
  });

  test('a scope that throws is left', () => {
    expect(() => low(() => { throw new Error('inside'); })).toThrow('inside');
    expect(tensorflow.binding.precision).toBe('float32');
  });

  test('integers are never touched', () => {
    low(() => {
      expect(Array.from(tf.gather(product(), tf.tensor1d([1, 1], 'int32')).shape)).toEqual([2, 8]);
      expect(Array.from(tf.argMax(product(), 1).shape)).toEqual([8]);
    });
  });
});

test('values lie within the precision of bfloat16', () => {
  const [a, b] = [matrix(1, [64, 256]), matrix(2, [256, 32])];
  const exact = tf.matMul(a, b).dataSync();
  const rounded = low(() => tf.matMul(a, b)).dataSync();
  const scale = Math.sqrt(256);
  const errors = exact.map((value, index) => Math.abs(value - (rounded[index]!)) / scale);
  expect(Math.max(...errors)).toBeLessThan(0.02);
  expect(Math.max(...errors)).toBeGreaterThan(1e-5); // it did run in bfloat16
});

describe('bias gradients add up in float32: in bfloat16 6,272 ones give 256', () => {
  const biasGradient = () => tf.grad((bias) => tf.sum(tf.add(tf.matMul(tf.ones([6272, 4]), tf.ones([4, 3])), bias)))(tf.zeros([3]));

  test('eagerly', () => {
    expect(Array.from(low(biasGradient).dataSync())).toEqual([6272, 6272, 6272]);
  });

  test('compiled, of a gradient that is bfloat16 itself', async () => {
    const f = engine.compile((x: tf.Tensor) => tf.grad((bias) => tf.sum(tf.matMul(tf.add(tf.matMul(x as tf.Tensor2D, tf.ones([4, 3])), bias) as tf.Tensor2D, tf.ones([3, 1]))))(tf.zeros([3])), { precision: 'bfloat16' });
    expect(Array.from((await f(tf.ones([6272, 4]))).dataSync())).toEqual([6272, 6272, 6272]);
  });
});

describe('compiled', () => {
  const loss = (x: tf.Tensor, w: tf.Tensor) => tf.mean(tf.square(tf.sub(tf.relu(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D)), 1)));
  const step = ({ x, w }: { x: tf.Tensor; w: tf.Tensor }) => {
    const { value, grads } = tf.valueAndGrads((a, b) => loss(a as tf.Tensor, b as tf.Tensor) as tf.Tensor)([x, w]);
    return { loss: value, gradient: grads[1]!, hidden: tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D) };
  };

  test('results leave as float32 and equal the eager ones', async () => {
    const f = engine.compile(step, { precision: 'bfloat16' });
    const args = { x: matrix(1, [32, 16]), w: matrix(2, [16, 8]) };
    const compiled = await f(args);
    const eager = low(() => step(args));
    for (const name of ['loss', 'gradient', 'hidden'] as const) {
      expect(format(compiled[name])).toBe('float32');
      const difference = tf.max(tf.abs(tf.sub(compiled[name], eager[name]))).dataSync()[0]!;
      expect(difference).toBeLessThan(0.03);
    }
    expect(tensorflow.binding.precision).toBe('float32');
  });

  test('a bfloat16 run learns what a float32 run learns', async () => {
    const x = matrix(1, [64, 16]);
    const train = async (precision: Precision) => {
      const f = engine.compile(({ w }: { w: tf.Tensor }) => {
        const { value, grad } = tf.valueAndGrad((v: tf.Tensor) => loss(x, v) as tf.Tensor)(w);
        return { w: tf.sub(w, tf.mul(grad, 0.5)), loss: value };
      }, { precision });
      let w: tf.Tensor = matrix(2, [16, 8]);
      let last = 0;
      for (let index = 0; index < 40; index++) {
        const result = await f({ w });
        last = result.loss.dataSync()[0]!;
        w = result.w;
      }
      return last;
    };
    const [exact, rounded] = [await train('float32'), await train('bfloat16')];
    expect(rounded).not.toBe(exact);
    expect(Math.abs(rounded - exact)).toBeLessThan(0.02 * exact + 0.01);
  });

  test('float32 scopes inside a bfloat16 function hold, and the other way round', async () => {
    const formats: string[] = [];
    const f = engine.compile((x: tf.Tensor) => {
      const y = tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D);
      formats.push(format(y), engine.withPrecision('float32', () => format(tf.matMul(y, y))));
      return y;
    }, { precision: 'bfloat16' });
    await f(matrix(1));
    expect(formats).toEqual(['bfloat16', 'float32']);
  });
});
