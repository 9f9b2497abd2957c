import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { currentEngine } from '../engine.js';
import { hasKernel, runKernels } from './run-kernel.js';

export interface FusedOptions {
  /** Of the function and of all that it closes over: two functions of one name must be the same. */
  readonly name: string;
  /** Numbers of the largest input from which on half a second of compilation is repaid soon; left out: a million on libtensorflow. */
  readonly leastSize?: number;
}

/**
 * True where {@link fused} makes one operation of a function of these: on libtensorflow on a processor, in a compiled
 * function of which no gradient is being taken, from `leastSize` on. For what has a quicker form in single operations.
 */
export function fuses(inputs: readonly Tensor[], leastSize?: number): boolean {
  if (tf.engine().state.gradientDepth > 0 || !hasKernel('SslFused')) return false;
  return currentEngine().fuses?.(inputs, leastSize) ?? false;
}

/**
 * `fn(inputs)` in one pass over memory, where the engine can compile it so ({@link fuses}); elsewhere as it is written.
 *
 * @param fn - Elementwise operations, slices, gathers and sums of its arguments alone; its result.
 * @example
 * fused([tf.tensor1d([3, 4])], ([x]) => tf.sqrt(tf.sum(tf.square(x!))), { name: 'length' }); // 5
 */
export function fused(inputs: readonly Tensor[], fn: (inputs: readonly Tensor[]) => Tensor, options: FusedOptions): Tensor {
  return fusedResults(inputs, (tensors) => [fn(tensors)], options)[0]!;
}

/**
 * {@link fused} for several results, of any shapes, each of which is written in a pass of its own.
 *
 * @example
 * fusedResults([tf.tensor1d([3, 4])], ([x]) => [tf.square(x!), tf.sum(x!)], { name: 'squares and sum' })[1]; // 7
 */
export function fusedResults(inputs: readonly Tensor[], fn: (inputs: readonly Tensor[]) => Tensor[], { name, leastSize }: FusedOptions): Tensor[] {
  if (!fuses(inputs, leastSize)) return tf.tidy(() => fn(inputs));
  return runKernels('SslFused', inputs as unknown as tf.NamedTensorMap, { name, fn, leastSize });
}
