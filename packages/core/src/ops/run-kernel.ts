import * as tf from '@tensorflow/tfjs-core';
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';

/** True where the active backend registered the kernel: then an operation runs it instead of its composite. */
export function hasKernel(name: string): boolean {
  // getKernel is typed as always found.
  return (tf.getKernel(name, tf.getBackend()) as tf.KernelConfig | undefined) !== undefined;
}

/** Runs a kernel of one output with the gradient that its backend registered. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the rank of the result
export function runKernel<T extends Tensor>(name: string, inputs: NamedTensorMap, attributes: object = {}): T {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);
}

/** Runs a kernel of several outputs. */
export function runKernels(name: string, inputs: NamedTensorMap, attributes: object = {}): Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap);
}
