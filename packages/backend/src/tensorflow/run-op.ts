import * as tf from '@tensorflow/tfjs-core';
import { attributeType, type OpAttribute } from './attributes.js';
import { tensorflowType } from './data-type.js';
import type { NodeBackend } from './node-backend.js';

/** Makes attributes of an operation: `attribute.float('epsilon', 1e-3)`. */
export const attribute = {
  type: (name: string, value: number | readonly number[]): OpAttribute => ({ name, type: attributeType.type, value }),
  int: (name: string, value: number | bigint | readonly number[]): OpAttribute => ({ name, type: attributeType.int, value }),
  float: (name: string, value: number | readonly number[]): OpAttribute => ({ name, type: attributeType.float, value }),
  bool: (name: string, value: boolean): OpAttribute => ({ name, type: attributeType.bool, value }),
  string: (name: string, value: string | Uint8Array): OpAttribute => ({ name, type: attributeType.string, value }),
  shape: (name: string, value: readonly number[]): OpAttribute => ({ name, type: attributeType.shape, value }),
} as const;

/** The backend of this package, whichever is active. */
export function activeBackend(): NodeBackend {
  const backend: unknown = tf.findBackend('tensorflow');
  return backend as NodeBackend;
}

/**
 * Runs an operation of TensorFlow on tfjs tensors, eagerly or into the open trace.
 *
 * Attributes that follow from the inputs (`T`, `N`, …) need not be given. Casts for the precision in force are added.
 *
 * @param name as in TensorFlow's registry: 'FusedBatchNormV3'.
 * @param outputCount how many outputs the operation has; the first are returned, all of them.
 * @throws TensorflowError with the library's message, the operation, its input shapes and its attributes.
 */
export function runOp(name: string, attributes: readonly OpAttribute[], inputs: readonly tf.TensorInfo[], outputCount = 1): tf.Tensor[] {
  return activeBackend().executeMultipleOutputs(name, attributes, inputs, outputCount);
}

/** {@link runOp} for an operation with one output. */
export function runSingleOp(name: string, attributes: readonly OpAttribute[], inputs: readonly tf.TensorInfo[]): tf.Tensor {
  return activeBackend().executeSingleOutput(name, attributes, inputs);
}

/** Casts to float32 whatever the precision in force: for kernels that must compute in it. A float32 tensor is cloned. */
export function toFloat32(tensor: tf.TensorInfo): tf.Tensor {
  const backend = activeBackend();
  const { binding } = backend;
  const [id] = backend.getInputTensorIds([tensor]);
  const entry = binding.entry(id!);
  if (entry.type === tensorflowType.float) return runSingleOp('Identity', [], [tensor]);
  return backend.createOutputTensor(binding.register(binding.cast(entry, tensorflowType.float)));
}

/** A float32 tensor `shape` of `pixels / 255`: bytes cross to the engine as bytes. */
export function bytesToFloat(pixels: Uint8Array, shape: readonly number[]): tf.Tensor {
  const backend = activeBackend();
  const { binding } = backend;
  const bytes = binding.createTensor(shape, tensorflowType.uint8, pixels);
  try {
    const wide = binding.cast(binding.entry(bytes), tensorflowType.float);
    const float = backend.createOutputTensor(binding.register(wide));
    try {
      return tf.tidy(() => tf.div(float, 255));
    } finally {
      float.dispose();
    }
  } finally {
    binding.deleteTensor(bytes);
  }
}
