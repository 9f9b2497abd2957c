import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Planes } from '../transform/planes.js';

/**
 * New channels as weighted sums of the old ones, pixel by pixel.
 *
 * @param matrix - `[new, old]`, or `[batch, new, old]` for weights of each image's own.
 * @returns `[batch, new, height, width]`.
 */
export function mixChannels(planes: Planes, matrix: Tensor2D | Tensor3D): Planes {
  const [batch, channels, height, width] = planes.shape;
  return tf.tidy(() => {
    const pixels = tf.reshape(planes, [batch, channels, height * width]);
    const weights = matrix.rank === 3 ? matrix : tf.expandDims(matrix, 0);
    return tf.reshape(tf.matMul(weights, pixels), [batch, matrix.shape.at(-2)!, height, width]);
  });
}
