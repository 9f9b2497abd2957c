import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { gatherTokens } from './gather-tokens.js';

describe('gatherTokens', () => {
  const tokens = tf.tensor3d([[[1, 2], [3, 4], [5, 6]], [[7, 8], [9, 10], [11, 12]]]);
  const indices = tf.tensor2d([[2, 0], [1, 1]], [2, 2], 'int32');

  it('takes each row from its own image', () => {
    expect(gatherTokens(tokens, indices).arraySync()).toEqual([[[5, 6], [1, 2]], [[9, 10], [9, 10]]]);
  });

  it('hands the gradient back to where the token came from, summed where it was taken twice', () => {
    const gradient = tf.grad((x: tf.Tensor) => tf.sum(gatherTokens(x as Tensor3D, indices)))(tokens);
    expect(gradient.arraySync()).toEqual([[[1, 1], [0, 0], [1, 1]], [[0, 0], [2, 2], [0, 0]]]);
  });
});
