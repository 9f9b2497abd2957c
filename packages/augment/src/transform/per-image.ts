import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

/** One number for each image, `[batch]`, in the shape that broadcasts over planes: `[batch, 1, 1, 1]`. */
export function perImage(values: Tensor): Tensor4D {
  return tf.reshape(values, [-1, 1, 1, 1]);
}
