import * as tf from '@tensorflow/tfjs-core';
import type { Rank, ShapeMap, Tensor } from '@tensorflow/tfjs-core';
import { hashSeed } from '../random/hash.js';
import { philoxNormal, philoxUniform } from '../random/philox.js';

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Uniform in [-bound, bound), drawn on the host so that every engine starts from the same values. */
export function uniformTensor<R extends Rank>(seed: number, shape: ShapeMap[R], bound: number): Tensor<R> {
  const values = philoxUniform(hashSeed(seed, 'uniform'), sizeOf(shape)).map((u) => (2 * u - 1) * bound);
  return tf.tensor(values, shape, 'float32');
}

/** Normal with mean 0, drawn on the host. */
export function normalTensor<R extends Rank>(seed: number, shape: ShapeMap[R], deviation: number): Tensor<R> {
  const values = philoxNormal(hashSeed(seed, 'normal'), sizeOf(shape)).map((z) => z * deviation);
  return tf.tensor(values, shape, 'float32');
}

/** A tensor of one value. */
export function constantTensor<R extends Rank>(shape: ShapeMap[R], value: number): Tensor<R> {
  return tf.fill(shape, value);
}
