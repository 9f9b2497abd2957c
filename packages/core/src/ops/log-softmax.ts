import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './run-kernel.js';

/**
 * log softmax over the last axis, in the numerically stable form x - max(x) - log sum exp(x - max(x)).
 *
 * @param logits - Of any shape and size, finite.
 * @returns The shape of `logits`, values from minus infinity to 0.
 * @example
 * logSoftmax(tf.tensor2d([[0, 0]])); // [[-0.6931, -0.6931]]
 */
export function logSoftmax<T extends Tensor>(logits: T): T {
  if (hasKernel('SslLogSoftmax')) return runKernel<T>('SslLogSoftmax', { logits });
  return tf.logSoftmax(logits, -1);
}
