import * as tf from '@tensorflow/tfjs-core';

/** True for a tensor of any copy of tfjs-core, so false for the lists and records of a tensor tree. */
export function isTensor(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor;
}
