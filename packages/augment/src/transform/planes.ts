import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/**
 * Images of a batch as `[batch, channels, height, width]`, float32 in 0..1. Transforms work on planes, because colour
 * operations, crops and blurs are then products of matrices over contiguous memory.
 */
export type Planes = Tensor4D;

/** Planes of `[batch, height, width, channels]` images. */
export function toPlanes(images: Tensor4D): Planes {
  return tf.transpose(images, [0, 3, 1, 2]);
}

/** `[batch, height, width, channels]` images of planes. */
export function toImages(planes: Planes): Tensor4D {
  return tf.transpose(planes, [0, 2, 3, 1]);
}
