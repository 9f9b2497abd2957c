import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { hasKernel, runKernels } from './run-kernel.js';
import { stopGradient } from './stop-gradient.js';

export interface BatchNormOptions {
  /** Added to the variance. */
  readonly epsilon?: number;
}

export const batchNormDefaults = { epsilon: 1e-5 } as const satisfies Required<BatchNormOptions>;

export interface BatchNormResult<T extends Tensor> {
  /** Of `x`'s shape. */
  readonly y: T;
  /** Of the batch, `[channels]`; no gradient. */
  readonly mean: Tensor1D;
  /** Unbiased (divided by n - 1), as PyTorch keeps it in running statistics, `[channels]`; no gradient. */
  readonly variance: Tensor1D;
}

/**
 * Batch normalisation with the statistics of the batch (Ioffe and Szegedy 2015, algorithm 1).
 *
 *     y = scale * (x - mean) / sqrt(biased variance + epsilon) + offset
 *
 * @param x - `[batch, channels]` or `[batch, height, width, channels]`; statistics run over all axes but the last.
 * @param scale - `[channels]`.
 * @param offset - `[channels]`.
 * @throws SslError where `x` has another rank or one value for each channel.
 */
export function batchNormTraining<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  { epsilon = batchNormDefaults.epsilon }: BatchNormOptions = {},
): BatchNormResult<T> {
  const channels = x.shape.at(-1) ?? 0;
  const count = x.size / channels;
  if ((x.rank !== 2 && x.rank !== 4) || count < 2) {
    throw new SslError(
      `batch norm needs [batch, channels] or [batch, height, width, channels] with at least 2 values a channel, got [${x.shape.join(', ')}]. Use a larger batch, or training: false.`,
      { from: '@ssl/core' },
    );
  }
  if (hasKernel('SslBatchNormTraining')) {
    const [y, mean, variance] = runKernels('SslBatchNormTraining', { x, scale, offset }, { epsilon });
    return { y: y as T, mean: mean as Tensor1D, variance: variance as Tensor1D };
  }
  return tf.tidy(() => composite(x, scale, offset, epsilon, count) as unknown as tf.TensorContainer) as unknown as BatchNormResult<T>;
}

function composite<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  epsilon: number,
  count: number,
): BatchNormResult<T> {
  const axes = x.shape.map((_, i) => i).slice(0, -1);
  const mean = stopGradient(tf.mean<Tensor1D>(x, axes));
  const biased = stopGradient(tf.mean<Tensor1D>(tf.squaredDifference(x, mean), axes));
  const inverse = tf.rsqrt(tf.add(biased, epsilon));
  const normalise = tf.customGrad((input, gamma, beta, save) => {
    const normal = tf.mul(tf.sub(input as Tensor, mean), inverse);
    (save as tf.GradSaveFunc)([normal, inverse, gamma as Tensor]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [normalised, inverseDeviation, weight] = saved as [Tensor, Tensor, Tensor];
      const dOffset = tf.sum(dy, axes);
      const dScale = tf.sum(tf.mul(dy, normalised), axes);
      // dx = scale / deviation * (dy - mean(dy) - normal * mean(dy * normal))
      const inner = tf.sub(dy, tf.add(tf.div(dOffset, count), tf.mul(normalised, tf.div(dScale, count))));
      return [tf.mul(tf.mul(weight, inverseDeviation), inner), dScale, dOffset];
    };
    return { value: tf.add(tf.mul(normal, gamma as Tensor), beta as Tensor), gradFunc };
  });
  const y = normalise(x, scale, offset) as T;
  return { y, mean, variance: tf.mul(biased, count / (count - 1)) };
}
