import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Planes } from './planes.js';

/**
 * `vertical · plane · horizontalᵀ` for every channel of every image: what crops, resizing and separable filters are.
 *
 * @param vertical - `[batch, rows, height]`.
 * @param horizontal - `[batch, columns, width]`.
 * @returns `[batch, channels, rows, columns]`.
 */
export function multiplySides(planes: Planes, vertical: Tensor3D, horizontal: Tensor3D): Planes {
  const [batch, channels, height, width] = planes.shape;
  const [, rows] = vertical.shape;
  const [, columns] = horizontal.shape;
  return tf.tidy(() => {
    // All rows of all channels at once.
    const across = tf.matMul(tf.reshape(planes, [batch, channels * height, width]), horizontal, false, true);
    // Repeated for the channels by hand: tfjs's own engines take the wrong matrix when only an inner axis broadcasts.
    const repeated = tf.reshape(tf.tile(tf.expandDims(vertical, 1), [1, channels, 1, 1]), [batch * channels, rows, height]);
    const down = tf.matMul(repeated, tf.reshape(across, [batch * channels, height, columns]));
    return tf.reshape(down, [batch, channels, rows, columns]);
  });
}
