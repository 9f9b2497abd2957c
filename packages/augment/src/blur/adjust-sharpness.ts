import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { blend } from '../colour/blend.js';
import type { Planes } from '../transform/planes.js';

/**
 * `clip(factor · x + (1 - factor) · smooth, 0, 1)` with `smooth` the mean of 3 x 3 pixels of which the middle one counts
 * five times; the border stays: torchvision's `adjust_sharpness`. `factor` is `[batch]`; 0 smooths, 1 changes nothing,
 * 2 sharpens.
 */
export function adjustSharpness(planes: Planes, factor: Tensor1D): Planes {
  const [, , height, width] = planes.shape;
  if (height <= 2 || width <= 2) return tf.clone(planes);
  return tf.tidy(() => {
    const part = (image: Tensor4D, row: number, column: number, rows: number, columns: number): Tensor4D =>
      tf.slice(image, [0, 0, row, column], [-1, -1, rows, columns]);
    const inner = part(planes, 1, 1, height - 2, width - 2);
    const across = tf.addN([0, 1, 2].map((column) => part(planes, 0, column, height, width - 2))) as Tensor4D;
    const box = tf.addN([0, 1, 2].map((row) => part(across, row, 0, height - 2, width - 2)));
    const change = tf.sub(tf.div(tf.add(box, tf.mul(inner, 4)), 13), inner);
    const smooth = tf.add<Tensor4D>(planes, tf.pad(change as Tensor4D, [[0, 0], [0, 0], [1, 1], [1, 1]]));
    return blend(planes, smooth, factor);
  });
}
