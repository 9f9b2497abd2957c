import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './run-kernel.js';

/**
 * The sum over all ranks, of which each rank gets its slice of the first axis; the same tensor where there is one rank.
 * Differentiable: the gradient is all-gathered.
 */
export function reduceScatter<T extends Tensor>(x: T): T {
  return hasKernel('SslReduceScatter') ? runKernel<T>('SslReduceScatter', { x }) : tf.clone(x);
}
