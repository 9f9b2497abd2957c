import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';

/** Options of {@link l2Normalize}. */
export interface L2NormalizeOptions {
  /** Axis along which vectors have length 1. */
  readonly axis?: number;
  /** Smallest length to divide by. */
  readonly epsilon?: number;
}

/** Defaults of {@link l2Normalize}: PyTorch's. */
export const l2NormalizeDefaults = { axis: -1, epsilon: 1e-12 } as const satisfies Required<L2NormalizeOptions>;

/**
 * Vectors of length 1, as PyTorch's `functional.normalize`: x / max(||x||, epsilon).
 *
 * The gradient of a zero vector is finite: dy / epsilon through the constant divisor.
 *
 * @param x - Of any shape; zero vectors stay zero.
 * @returns The shape of `x`.
 * @example
 * l2Normalize(tf.tensor2d([[3, 4]])); // [[0.6, 0.8]]
 */
export function l2Normalize<T extends Tensor>(x: T, options: L2NormalizeOptions = {}): T {
  const { axis, epsilon } = { ...l2NormalizeDefaults, ...options };
  const normalise = tf.customGrad((input, save) => {
    const value = input as Tensor;
    const length = tf.sqrt(tf.sum(tf.square(value), axis, true));
    const inverse = tf.div(1, tf.maximum(length, epsilon));
    const unit = tf.mul(value, inverse);
    // Where epsilon is the divisor it does not depend on x, so the projection term falls away.
    const long = tf.cast(tf.greater(length, epsilon), 'float32');
    (save as tf.GradSaveFunc)([unit, inverse, long]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor => {
      const [direction, scale, isLong] = saved as [Tensor, Tensor, Tensor];
      const along = tf.mul(tf.sum(tf.mul(dy, direction), axis, true), isLong);
      return tf.mul(tf.sub(dy, tf.mul(direction, along)), scale);
    };
    return { value: unit, gradFunc };
  });
  return normalise(x) as T;
}
