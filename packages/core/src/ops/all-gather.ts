import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './run-kernel.js';

/**
 * The tensors of all ranks, one after the other along the first axis; the same tensor where there is one rank.
 * Differentiable: every rank's gradients for a slice are summed back to the rank that gave it.
 */
export function allGather<T extends Tensor>(x: T): T {
  return hasKernel('SslAllGather') ? runKernel<T>('SslAllGather', { x }) : tf.clone(x);
}
