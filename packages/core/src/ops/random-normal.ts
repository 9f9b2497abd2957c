import * as tf from '@tensorflow/tfjs-core';
import type { Rank, ShapeMap, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { philoxNormal } from '../random/philox.js';
import { hasKernel, runKernel } from './run-kernel.js';
import { seedOfKey } from './seed-of-key.js';

/**
 * Normally distributed random float32 numbers.
 *
 * The same key gives the same numbers on every engine, up to rounding: those of TensorFlow's StatelessRandomNormal with
 * seed = key.
 *
 * @param key - int32 `[2]`, from `randomKey` or `foldIn`. One key for one draw.
 */
export function randomNormal<R extends Rank>(shape: ShapeMap[R], key: Tensor1D, mean = 0, deviation = 1): Tensor<R> {
  return tf.tidy(() => {
    const standard = hasKernel('SslRandomNormal')
      ? runKernel<Tensor<R>>('SslRandomNormal', { key }, { shape })
      : tf.tensor(philoxNormal(seedOfKey(key), tf.util.sizeFromShape(shape)), shape, 'float32');
    const scaled = deviation === 1 ? standard : tf.mul(standard, deviation);
    return (mean === 0 ? scaled : tf.add(scaled, mean)) as Tensor<R>;
  });
}
