import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/**
 * Tokens of each image by its own indices, through one gather over the flat batch, whose gradient is one scatter.
 *
 * @param tokens - `[batch, length, width]`.
 * @param indices - Whole numbers from 0 to length - 1, `[batch, count]`; may repeat.
 * @returns `[batch, count, width]`.
 * @example
 * gatherTokens(tf.tensor3d([[[1], [2], [3]]]), tf.tensor2d([[2, 0]], [1, 2], 'int32')); // [[[3], [1]]]
 */
export function gatherTokens(tokens: Tensor3D, indices: Tensor2D): Tensor3D {
  const [batch, length, width] = tokens.shape;
  const count = indices.shape[1];
  return tf.tidy(() => {
    const starts = tf.mul(tf.reshape(tf.range(0, batch, 1, 'int32'), [batch, 1]), tf.scalar(length, 'int32'));
    const flat = tf.gather(
      tf.reshape<tf.Rank.R2>(tokens, [batch * length, width]),
      tf.reshape<tf.Rank.R1>(tf.add(tf.cast(indices, 'int32'), starts), [batch * count]),
    );
    return tf.reshape<tf.Rank.R3>(flat, [batch, count, width]);
  });
}
