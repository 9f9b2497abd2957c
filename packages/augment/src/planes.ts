import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * Images of a batch with one `[batch, height, width]` tensor for each channel. Transforms work on planes, because a
 * colour operation then reads and writes whole contiguous tensors instead of every third number.
 */
export type Planes = readonly Tensor3D[];

/** Planes of `[batch, height, width, channels]` images. */
export function toPlanes(images: Tensor4D): Planes {
  const channels = images.shape[3];
  return tf.tidy(() => {
    if (channels === 1) return [tf.squeeze<Tensor3D>(images, [3])];
    return tf.unstack(tf.transpose(images, [3, 0, 1, 2])) as Tensor3D[];
  });
}

/** `[batch, height, width, channels]` images of planes. */
export function toImages(planes: Planes): Tensor4D {
  return tf.stack([...planes], 3) as Tensor4D;
}
