import { stopGradient, randomUniform } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core';

/** How a relaxed draw is made. */
export interface GumbelSoftmaxOptions {
  /** Above 0; towards 0 the samples become one-hot. */
  readonly temperature: Scalar | number;
  /** One-hot samples forward, the gradient of the soft ones backward. */
  readonly straightThrough?: boolean;
}

/** Soft samples. */
export const gumbelSoftmaxDefaults = { straightThrough: false } as const;

/** Smallest uniform number, so that its logarithm is finite. */
const tiny = 1e-10;

/**
 * Standard Gumbel noise `-ln(-ln u)`, u uniform in (0, 1).
 *
 * @param key - Random key; the same key gives the same noise.
 * @returns float32 of the shape; mean 0.577, deviation 1.28.
 * @throws Error of the engine for negative lengths.
 * @example
 * gumbelNoise([2, 3], randomKey(0, 0, 'gumbel')).shape; // [2, 3]
 *
 * @see Jang et al., Categorical Reparameterization with Gumbel-Softmax, section 2.
 */
export function gumbelNoise(shape: readonly number[], key: Tensor1D): Tensor {
  return tf.tidy(() => {
    const uniform = tf.clipByValue(randomUniform(shape as [number], key), tiny, 1 - 1e-7);
    return tf.neg(tf.log(tf.neg(tf.log(uniform))));
  });
}

/**
 * A relaxed draw from a categorical distribution over the last axis: `softmax((logits + g) / temperature)`.
 *
 * @param noise - {@link gumbelNoise} of the logits' shape.
 * @returns Of the logits' shape; sums to 1 over the last axis.
 * @throws Error of the engine where the shapes do not fit.
 * @example
 * const logits = tf.tensor2d([[4, 0]]);
 * gumbelSoftmax(logits, tf.zeros([1, 2]), { temperature: 0.5, straightThrough: true }); // [[1, 0]]
 *
 * @see Jang et al., Categorical Reparameterization with Gumbel-Softmax, equation 2; section 2.2 for straight-through.
 */
export function gumbelSoftmax<T extends Tensor>(logits: T, noise: Tensor, options: GumbelSoftmaxOptions): T {
  const { temperature, straightThrough } = { ...gumbelSoftmaxDefaults, ...options };
  return tf.tidy(() => {
    const soft = tf.softmax<T>(tf.div(tf.add(logits, noise), temperature));
    if (!straightThrough) return soft;
    const hard = tf.oneHot(tf.argMax(soft, -1), soft.shape.at(-1)!);
    return tf.add<T>(soft, stopGradient(tf.sub(tf.cast(hard, 'float32'), soft)));
  });
}
