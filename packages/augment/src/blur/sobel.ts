import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Planes } from '../transform/planes.js';

/**
 * Strength of edges in each channel: `sqrt(g_x² + g_y² + 1e-6)` with Sobel's derivatives over 8, borders repeated.
 * kornia's `sobel`.
 */
export function sobel(planes: Planes): Planes {
  const [, , height, width] = planes.shape;
  return tf.tidy(() => {
    const padded: Tensor4D = tf.mirrorPad(planes, [[0, 0], [0, 0], [1, 1], [1, 1]], 'symmetric');
    const part = (image: Tensor4D, row: number, column: number, rows: number, columns: number): Tensor4D =>
      tf.slice(image, [0, 0, row, column], [-1, -1, rows, columns]);
    const smoothRows = tf.add<Tensor4D>(
      tf.add(part(padded, 0, 0, height, width + 2), part(padded, 2, 0, height, width + 2)),
      tf.mul(part(padded, 1, 0, height, width + 2), 2),
    );
    const smoothColumns = tf.add<Tensor4D>(
      tf.add(part(padded, 0, 0, height + 2, width), part(padded, 0, 2, height + 2, width)),
      tf.mul(part(padded, 0, 1, height + 2, width), 2),
    );
    const x = tf.sub(part(smoothRows, 0, 2, height, width), part(smoothRows, 0, 0, height, width));
    const y = tf.sub(part(smoothColumns, 2, 0, height, width), part(smoothColumns, 0, 0, height, width));
    return tf.sqrt(tf.add(tf.div(tf.add(tf.square(x), tf.square(y)), 64), 1e-6));
  });
}
