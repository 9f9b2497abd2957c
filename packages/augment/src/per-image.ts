import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';

/** One number for each image, `[batch]`, in a shape that broadcasts over a plane: `[batch, 1, 1]`. */
export function perImage(values: Tensor1D): Tensor3D {
  return tf.reshape(values, [values.shape[0], 1, 1]);
}
