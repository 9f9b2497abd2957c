import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { stopGradient } from '../ops/stop-gradient.js';
import { disposeTree } from './dispose-tree.js';
import { valueAndGradients } from './value-and-gradients.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const numbers = (tensor: Tensor) => [...tensor.dataSync()];
const total = (x: Tensor) => tf.sum(x) as Scalar;

describe('valueAndGradients', () => {
  it('differentiates with respect to every tree', () => {
    const a = { w: tf.tensor1d([1, 2]) };
    const b = [tf.tensor1d([3, 5])];
    const { value, gradients } = valueAndGradients(
      (left: typeof a, right: typeof b) => ({ value: total(tf.mul(left.w, right[0]!)), aux: {} }),
      a,
      b,
    );
    expect(numbers(value)).toEqual([13]);
    expect(numbers(gradients[0].w)).toEqual([3, 5]);
    expect(numbers(gradients[1][0]!)).toEqual([1, 2]);
  });

  it('gives zeros where nothing flows: unused, integer and stopped leaves', () => {
    const tree = { unused: tf.ones([2]), whole: tf.tensor1d([3], 'int32'), stopped: tf.ones([2]), used: tf.ones([2]) };
    const { gradients } = valueAndGradients(
      (t: typeof tree) => ({
        value: total(tf.mul(tf.mul(t.used, stopGradient(t.stopped)), tf.cast(t.whole, 'float32'))),
        aux: {},
      }),
      tree,
    );
    expect(numbers(gradients[0].unused)).toEqual([0, 0]);
    expect(numbers(gradients[0].whole)).toEqual([0]);
    expect(numbers(gradients[0].stopped)).toEqual([0, 0]);
    expect(numbers(gradients[0].used)).toEqual([3, 3]);
  });

  it('takes a tensor in two places as two variables', () => {
    const x = tf.tensor1d([2]);
    const { gradients } = valueAndGradients(
      (a: Tensor, b: Tensor) => ({ value: total(tf.mul(tf.square(a), b)), aux: {} }),
      x,
      x,
    );
    expect(numbers(gradients[0])).toEqual([8]);
    expect(numbers(gradients[1])).toEqual([4]);
  });

  it('hands aux through, an argument and the value itself included, and leaves nothing else', () => {
    const x = tf.tensor1d([2, 3]);
    const before = tf.memory().numTensors;
    const { value, aux, gradients } = valueAndGradients((tensor: Tensor) => {
      const sum = total(tensor);
      return { value: sum, aux: { square: tf.square(tensor), sum, same: tensor } };
    }, x);
    expect(numbers(aux.square)).toEqual([4, 9]);
    disposeTree(aux);
    expect(numbers(x)).toEqual([2, 3]);
    expect(numbers(value)).toEqual([5]);
    disposeTree([value, ...gradients]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('works inside another gradient', () => {
    // f(x) = x^3; d/dx (f'(x))^2 = d/dx 9 x^4 = 36 x^3
    const { gradients } = valueAndGradients((x: Tensor) => {
      const inner = valueAndGradients((y: Tensor) => ({ value: total(tf.mul(tf.square(y), y)), aux: {} }), x);
      return { value: total(tf.square(inner.gradients[0])), aux: {} };
    }, tf.tensor1d([2]));
    expect(numbers(gradients[0])).toEqual([288]);
  });

  it('a value without variables is a value', () => {
    const { value, gradients } = valueAndGradients((tree: object) => ({ value: tf.scalar(4), aux: tree as never }), {});
    expect(numbers(value)).toEqual([4]);
    expect(gradients).toEqual([{}]);
  });

  it('refuses a value that is no scalar', () => {
    const run = () => valueAndGradients((y: Tensor) => ({ value: tf.square(y) as Scalar, aux: { y } }), tf.ones([2]));
    expect(run).toThrow(/a gradient needs a scalar value, got shape \[2\]/);
  });
});
