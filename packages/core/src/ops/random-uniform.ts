import * as tf from '@tensorflow/tfjs-core';
import type { Rank, ShapeMap, Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { philoxUniform } from '../random/philox.js';
import { hasKernel, runKernel } from './run-kernel.js';
import { seedOfKey } from './seed-of-key.js';

/**
 * Uniform random float32 numbers in [minimum, maximum).
 *
 * The same key gives the same numbers on every engine: those of TensorFlow's StatelessRandomUniform with seed = key.
 *
 * @param key - int32 `[2]`, from `randomKey` or `foldIn`. One key for one draw.
 */
export function randomUniform<R extends Rank>(
  shape: ShapeMap[R],
  key: Tensor1D,
  minimum = 0,
  maximum = 1,
): Tensor<R> {
  return tf.tidy(() => {
    const unit = hasKernel('SslRandomUniform')
      ? runKernel<Tensor<R>>('SslRandomUniform', { key }, { shape })
      : tf.tensor(philoxUniform(seedOfKey(key), tf.util.sizeFromShape(shape)), shape, 'float32');
    const scaled = maximum - minimum === 1 ? unit : tf.mul(unit, maximum - minimum);
    return (minimum === 0 ? scaled : tf.add(scaled, minimum)) as Tensor<R>;
  });
}
