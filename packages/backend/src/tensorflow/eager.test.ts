import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { ensureLibtensorflow } from '../library/ensure-libtensorflow.js';
import { createTensorflowBackend, type TensorflowBackend } from './register.js';
import { attribute, bytesToFloat, runOp, runSingleOp } from './run-op.js';
import { TensorflowError } from './tensorflow-error.js';

let tensorflow: TensorflowBackend;

beforeAll(async () => {
  tensorflow = await createTensorflowBackend({ folder: await ensureLibtensorflow(), threads: 2 });
  await tf.setBackend('tensorflow');
});

const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

describe('values go in and come out', () => {
  test('of every tfjs type', () => {
    expect(numbers(tf.tensor1d([1.5, -2]))).toEqual([1.5, -2]);
    expect(numbers(tf.tensor1d([7, -8], 'int32'))).toEqual([7, -8]);
    expect(numbers(tf.logicalNot(tf.tensor1d([true, false], 'bool')))).toEqual([0, 1]);
    const long = 'ö'.repeat(40);
    expect(tf.concat([tf.tensor1d(['', 'short']), tf.tensor1d([long])]).dataSync()).toEqual(['', 'short', long]);
    expect(numbers(tf.imag(tf.complex([1, 2], [3, 4])))).toEqual([3, 4]);
  });

  test('of empty and scalar tensors', () => {
    expect(numbers(tf.add(tf.tensor1d([]), 1))).toEqual([]);
    expect(tf.add(tf.zeros([0, 3]), 1).shape).toEqual([0, 3]);
    expect(numbers(tf.add(2, 3))).toEqual([5]);
  });

  test('bytes of images become numbers from 0 to 1', () => {
    expect(numbers(bytesToFloat(Uint8Array.of(0, 51, 255, 128), [2, 2]))).toEqual([0, 51 / 255, 1, 128 / 255].map(Math.fround));
  });

  test('a type that tfjs has no name for arrives as one that it has', () => {
    const unique = runOp('Unique', [attribute.type('out_idx', 9)], [tf.tensor1d([4, 4, 9], 'int32')], 2);
    expect(unique.map((tensor) => tensor.dtype)).toEqual(['int32', 'int32']);
    expect(numbers(unique[1]!)).toEqual([0, 0, 1]);
  });
});

describe('operations', () => {
  test('compute what their names say', () => {
    expect(numbers(tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]))).toEqual([19, 22, 43, 50]);
    expect(numbers(tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]], true, true))).toEqual([23, 31, 34, 46]);
    expect(numbers(tf.conv2d(tf.ones([1, 3, 3, 1]) as tf.Tensor4D, tf.ones([3, 3, 1, 1]) as tf.Tensor4D, 1, 'same'))).toEqual([4, 6, 4, 6, 9, 6, 4, 6, 4]);
    expect(numbers(tf.mean(tf.tensor2d([[1, 2], [3, 6]]), 0))).toEqual([2, 4]);
    expect(numbers(tf.stack([tf.scalar(1), tf.scalar(2)]))).toEqual([1, 2]);
    expect(numbers(tf.topk(tf.tensor1d([3, 9, 5]), 2).indices)).toEqual([1, 2]);
    expect(numbers(tf.argMax(tf.tensor1d([3, 9, 5])))).toEqual([1]);
    expect(numbers(tf.broadcastTo(tf.tensor2d([[1], [2]]), [2, 2]))).toEqual([1, 1, 2, 2]);
    expect(numbers(tf.bitwiseAnd(tf.tensor1d([6, 12], 'int32'), tf.tensor1d([3, 10], 'int32')))).toEqual([2, 8]);
  });

  test('log softmax sums to one', () => {
    const probabilities = tf.exp(tf.logSoftmax(tf.tensor2d([[1, 2, 3], [0, 0, 0]])));
    const sums = numbers(tf.sum(probabilities, 1));
    sums.forEach((sum) => { expect(sum).toBeCloseTo(1, 6); });
    expect(probabilities.dataSync()[3]).toBeCloseTo(1 / 3, 6);
  });

  test('a cast to the same type shares the values', () => {
    const x = tf.tensor1d([1, 2]);
    const same = tf.cast(x, 'float32');
    expect(same.dataId).toBe(x.dataId);
    x.dispose();
    expect(numbers(same)).toEqual([1, 2]);
  });

  test('convolutions and their gradients take padding of any form', () => {
    const x = tf.randomNormal([1, 7, 7, 2], 0, 1, 'float32', 1) as tf.Tensor4D;
    const w = tf.randomNormal([3, 3, 2, 3], 0, 1, 'float32', 2) as tf.Tensor4D;
    const gradients = (pad: number | 'same') => tf.grads((a, b) => tf.sum(tf.square(tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, pad))))([x, w]);
    const same = gradients('same');
    gradients(1).forEach((gradient, index) => {
      expect(numbers(tf.max(tf.abs(tf.sub(gradient, same[index]!))))[0]).toBeLessThan(1e-4);
    });
  });
});

describe('a wrong call throws and harms nothing', () => {
  test.each([['valid', '"valid"'], [1, '1']] as const)('a filter larger than its images (padding %s), which the library computes from memory that is not theirs', (pad, named) => {
    const convolve = () => tf.conv2d(tf.ones([2, 15, 4, 3]) as tf.Tensor4D, tf.ones([7, 7, 3, 2]) as tf.Tensor4D, 1, pad, 'NHWC', 1, pad === 1 ? 'floor' : undefined);
    expect(convolve).toThrow(`a filter of 7 x 7 does not fit images of 15 x 4 with padding ${named}`);
  });

  const failure = (call: () => unknown): TensorflowError => {
    try {
      call();
    } catch (error) {
      expect(error).toBeInstanceOf(TensorflowError);
      return error as TensorflowError;
    }
    throw new Error('nothing was thrown');
  };

  test('shapes: the engine says what is wrong, we say where', () => {
    const { message, code } = failure(() => runOp('MatMul', [], [tf.ones([2, 3]), tf.ones([2, 3])]));
    expect(message).toContain('Matrix size-incompatible');
    expect(message).toContain('MatMul(float32[2,3], float32[2,3])');
    expect(code).toBe(3);
  });

  test('types', () => {
    expect(failure(() => runOp('AddV2', [], [tf.ones([2]), tf.ones([2], 'int32')])).message).toContain('AddV2(float32[2], int32[2])');
  });

  test('an operation that does not exist', () => {
    expect(failure(() => runOp('NoSuchOperation', [], [])).message).toContain('NoSuchOperation');
  });

  test('too few and too many inputs', () => {
    expect(failure(() => runOp('MatMul', [], [tf.ones([2, 2])])).message).toContain('MatMul');
    expect(failure(() => runOp('Relu', [], [tf.ones([2]), tf.ones([2])])).message).toContain('Relu');
    expect(failure(() => runOp('Pack', [attribute.int('N', 3)], [tf.ones([2]), tf.ones([2])])).message).toContain('Pack');
  });

  test('a missing attribute, a bad value of one, a wrong kind of one', () => {
    const image = tf.ones([1, 4, 4, 1]);
    const filter = tf.ones([3, 3, 1, 1]);
    expect(failure(() => runOp('Conv2D', [], [image, filter])).message).toContain('Conv2D');
    const padding = attribute.string('padding', 'SOME');
    expect(failure(() => runOp('Conv2D', [attribute.int('strides', [1, 1, 1, 1]), padding], [image, filter])).message).toContain('SOME');
    expect(failure(() => runOp('Conv2D', [attribute.float('strides', 1), attribute.string('padding', 'SAME')], [image, filter])).message).toContain('strides');
  });

  test('values that do not fill their shape are not read past their end', () => {
    expect(() => tensorflow.binding.createTensor([1000], 1, new Float32Array(3))).toThrow(/4000 bytes.*got 12/);
    expect(() => tensorflow.binding.createTensor([3], 7, ['one'])).toThrow(/3 elements/);
  });

  test('a disposed tensor', () => {
    const { binding } = tensorflow;
    const id = binding.createTensor([1], 1, Float32Array.of(1));
    binding.deleteTensor(id);
    binding.deleteTensor(id);
    expect(() => binding.tensorDataSync(id)).toThrow(/disposed/);
    expect(() => binding.executeOp('Relu', [], [id], 1)).toThrow(/disposed/);
  });

  test('a variable meets a tensor of another type: the library itself would abort the process', () => {
    const [variable] = runOp('VarHandleOp', [attribute.type('dtype', 1), attribute.shape('shape', [2]), attribute.string('shared_name', 'guarded'), attribute.string('container', '')], []);
    runOp('AssignVariableOp', [attribute.type('dtype', 1)], [variable!, tf.ones([2])], 0);
    const low = runSingleOp('Cast', [attribute.type('DstT', 14)], [tf.ones([2])]);
    const apply = (gradient: tf.Tensor) => runOp('ResourceApplyGradientDescent', [], [variable!, tf.scalar(0.5), gradient], 0);
    expect(failure(() => runOp('AssignVariableOp', [attribute.type('dtype', 3)], [variable!, tf.ones([2], 'int32')], 0)).message).toMatch(/holds float32, got int32/);
    expect(failure(() => runOp('AssignAddVariableOp', [attribute.type('dtype', 1)], [tf.ones([2]), tf.ones([2])], 0)).message).toContain('VarHandleOp');
    apply(low); // cast up by the precision policy
    expect(numbers(runSingleOp('ReadVariableOp', [attribute.type('dtype', 1)], [variable!]))).toEqual([0.5, 0.5]);
    expect(() => (variable!).dataSync()).toThrow(/no values/);
  });

  test('afterwards the engine computes as before', () => {
    expect(numbers(tf.add([1, 2], 1))).toEqual([2, 3]);
  });
});
