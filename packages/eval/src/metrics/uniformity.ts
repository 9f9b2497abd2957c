import { SslError, withPrecision } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { unitRows } from '../features/unit-rows.js';
import type { Features } from '../features/features.js';

export interface UniformityOptions {
  /** Sharpness of the Gaussian potential. */
  readonly t?: number;
  /** Rows of one matrix product; `blockSize ** 2` similarities are in memory at once. */
  readonly blockSize?: number;
}

export const uniformityDefaults = { t: 2, blockSize: 2048 } as const satisfies UniformityOptions;

/**
 * How evenly the embeddings cover the unit sphere; lower is better, 0 is a collapse into one point.
 *
 * `log mean over pairs i != j of exp(-t ||x_i - x_j|| ** 2)`, exact, in blocks on the active engine.
 *
 * @param features `[count, dimension]`, at least two rows.
 * @throws SslError for fewer than two rows, and for rows without direction or with NaN (named).
 * @see Wang and Isola 2020, section 4.1.
 */
export async function uniformity(features: Features, options: UniformityOptions = {}): Promise<number> {
  const { t, blockSize } = { ...uniformityDefaults, ...options };
  const { values, count, dimension } = unitRows(features);
  if (count < 2) {
    throw new SslError('uniformity needs at least two images, got one. Embed more images.', { from: '@ssl/eval' });
  }
  let total = 0;
  for (let i = 0; i < count; i += blockSize) {
    for (let j = i; j < count; j += blockSize) {
      const rowSums = tf.tidy(() => {
        const block = (start: number): tf.Tensor2D =>
          tf.tensor2d(values.slice(start * dimension, (start + blockSize) * dimension), [Math.min(blockSize, count - start), dimension]);
        const cosines = withPrecision('float32', () => tf.matMul(block(i), block(j), false, true));
        let potentials = tf.exp(tf.mul(tf.sub(cosines, 1), 2 * t)); // ||x - y||^2 = 2 - 2 cos
        if (i === j) potentials = tf.mul(potentials, tf.sub(1, tf.eye(cosines.shape[0]))); // no image with itself
        return tf.sum(potentials, 1);
      });
      const sums = await rowSums.data<'float32'>();
      rowSums.dispose();
      total += sums.reduce((sum, value) => sum + value, 0) * (i === j ? 1 : 2);
    }
  }
  return Math.log(total / (count * (count - 1)));
}
