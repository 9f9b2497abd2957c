import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './run-kernel.js';

/** What a fused function does: elementwise operations, slices, gathers and sums of its arguments alone. */
export type FusedBody = (inputs: readonly Tensor[]) => Tensor;

export interface FusedOptions {
  /** Of `fn` and of all that it closes over: two functions of one name must be the same. */
  readonly name: string;
  /** The same result as it is quickest in single operations; `fn` if left out. */
  readonly otherwise?: FusedBody;
  /** Numbers of the largest input from which on half a second of compilation is repaid soon; a million if left out. */
  readonly leastSize?: number;
}

/**
 * `fn(inputs)` in one pass over memory, where the engine can compile it so: libtensorflow on a processor, in a compiled
 * function, from `leastSize` on. Elsewhere, and where a gradient is being taken, `otherwise` runs as it is written.
 *
 * @example
 * fused([tf.tensor1d([3, 4])], ([x]) => tf.sqrt(tf.sum(tf.square(x!))), { name: 'length' }); // 5
 */
export function fused(inputs: readonly Tensor[], fn: FusedBody, { otherwise = fn, ...options }: FusedOptions): Tensor {
  const isTaped = tf.engine().state.gradientDepth > 0;
  if (isTaped || !hasKernel('SslFused')) return tf.tidy(() => otherwise(inputs));
  return runKernel('SslFused', inputs as unknown as tf.NamedTensorMap, { ...options, fn, otherwise });
}
