import { SslError } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';

/**
 * Images as rows of patches: pixels of a patch row by row, channels last, as MAE's code orders them.
 *
 * @param images `[batch, height, width, channels]`, sides multiples of `size`.
 * @returns `[batch, patches, size * size * channels]`.
 * @throws SslError for sides that are no multiples.
 * @example
 * patchify(tf.zeros([1, 4, 4, 3]), 2).shape; // [1, 4, 12]
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, section 3.
 */
export function patchify(images: Tensor4D, size: number): Tensor3D {
  const [batch, height, width, channels] = images.shape;
  if (height % size !== 0 || width % size !== 0) {
    throw new SslError(`patches of ${size} px need images whose sides are multiples of it, got ${height} x ${width}. Change one of the two.`, {
      from: '@ssl/mim',
    });
  }
  const [rows, columns] = [height / size, width / size];
  return tf.tidy(() => {
    const blocks = tf.reshape(images, [batch, rows, size, columns, size, channels]);
    return tf.reshape<tf.Rank.R3>(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, rows * columns, size * size * channels]);
  });
}

/**
 * Undoes {@link patchify}.
 *
 * @param shape - Of the images, `[batch, height, width, channels]`.
 * @returns Images of that shape.
 * @throws Error of the engine for a shape that holds another number of pixels.
 * @example
 * unpatchify(tf.tensor3d([[[1, 2, 3, 4]]]), 2, [1, 2, 2, 1]); // [[[[1], [2]], [[3], [4]]]]
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, section 3.
 */
export function unpatchify(patches: Tensor3D, size: number, shape: readonly [number, number, number, number]): Tensor4D {
  const [batch, height, width, channels] = shape;
  return tf.tidy(() => {
    const blocks = tf.reshape(patches, [batch, height / size, width / size, size, size, channels]);
    return tf.reshape<tf.Rank.R4>(tf.transpose(blocks, [0, 1, 3, 2, 4, 5]), [batch, height, width, channels]);
  });
}
