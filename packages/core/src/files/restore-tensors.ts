import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { storedValues, type StoredTensor } from './stored-tensor.js';

/** Tensors on the device from the form of a file: float types as float32, whole types as int32, BOOL as bool. */
export function restoreTensors(stored: Readonly<Record<string, StoredTensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(stored).map(([name, tensor]) => {
      const values = storedValues(tensor, name);
      const dtype = tensor.dtype === 'BOOL' ? 'bool' : values instanceof Float32Array ? 'float32' : 'int32';
      const data = dtype === 'bool' ? Uint8Array.from(values) : values;
      return [name, tf.tensor(data, [...tensor.shape], dtype)];
    }),
  );
}
