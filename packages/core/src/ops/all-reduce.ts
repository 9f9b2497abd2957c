import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './run-kernel.js';

/**
 * Sum or mean of a tensor over all ranks; the same tensor where there is one rank. Differentiable: the gradient is
 * all-reduced with the same operation.
 */
export function allReduce<T extends Tensor>(x: T, operation: 'sum' | 'mean'): T {
  return hasKernel('SslAllReduce') ? runKernel<T>('SslAllReduce', { x }, { operation }) : tf.clone(x);
}
