import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { isTensor } from '../tensor-tree/is-tensor.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';

/**
 * Exponential moving average of weights: `teacher = momentum teacher + (1 - momentum) student`, leaf by leaf.
 *
 * @param teacher Decides which leaves there are: a student may have more (a predictor).
 * @param momentum From 0 (copy) to 1 (never moves).
 * @throws SslError naming the leaf that the student lacks.
 *
 * @see Grill et al., Bootstrap Your Own Latent, equation 1; He et al., Momentum Contrast, equation 2.
 */
export function ema<Tree extends TensorRecord>(teacher: Tree, student: TensorRecord, momentum: Scalar): Tree {
  const rest = tf.sub(1, momentum);
  const average = (older: TensorRecord, newer: TensorRecord, path: string): TensorRecord => {
    const entries = Object.entries(older).map(([name, value]): [string, TensorRecord[string]] => {
      const place = path === '' ? name : `${path}.${name}`;
      const now = newer[name];
      if (now === undefined || isTensor(value) !== isTensor(now)) {
        throw new SslError(`the teacher's '${place}' needs a student of the same structure, got none there.`, { from: '@ssl/core' });
      }
      if (!isTensor(value)) return [name, average(value as TensorRecord, now as TensorRecord, place)];
      return [name, tf.add(tf.mul(value, momentum), tf.mul(now as Tensor, rest))];
    });
    return Object.fromEntries(entries);
  };
  return average(teacher, student, '') as Tree;
}
