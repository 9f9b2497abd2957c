import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import type { Planes } from '../transform/planes.js';

export interface WarpOptions {
  /** 'nearest' if left out, as in torchvision. */
  readonly sampling?: 'nearest' | 'bilinear';
  /** Value of pixels that come from outside the image. */
  readonly fill?: number;
}

/**
 * Draws each image through an affine map: output pixel `(x, y)` shows what stands at `(a x + b y + c, d x + e y + f)`,
 * in pixels from the image's centre. torchvision's `affine` and PyTorch's `grid_sample(align_corners=False)`, except that
 * `fill` mixes at the border by coverage (torchvision weighs the image by coverage twice there).
 *
 * @param inverse - `[batch, 6]`: a, b, c, d, e, f, from output to input.
 */
export function warpAffine(planes: Planes, inverse: Tensor2D, { sampling = 'nearest', fill = 0 }: WarpOptions = {}): Planes {
  const [batch, channels, height, width] = planes.shape;
  return tf.tidy(() => {
    const middle = { x: (width - 1) / 2, y: (height - 1) / 2 };
    const columns = tf.reshape(tf.sub(tf.range(0, width), middle.x), [1, 1, width]);
    const rows = tf.reshape(tf.sub(tf.range(0, height), middle.y), [1, height, 1]);
    const [a, b, c, d, e, f] = tf.split(tf.reshape(inverse, [batch, 6, 1]), 6, 1) as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
    const x = tf.add(tf.add(tf.mul(a, columns), tf.mul(b, rows)), tf.add(c, middle.x)); // [N, H, W]
    const y = tf.add(tf.add(tf.mul(d, columns), tf.mul(e, rows)), tf.add(f, middle.y));
    const lifted = tf.sub(planes, fill); // so that outside is 0
    const pixels = tf.reshape(lifted, [batch, channels, height * width]) as Tensor3D;

    /** Pixels at whole coordinates, 0 outside, times a weight; `[N, C, H, W]`. */
    const at = (column: Tensor, row: Tensor, weight?: Tensor): Planes => {
      const inside = tf.logicalAnd(
        tf.logicalAnd(tf.greaterEqual(column, 0), tf.lessEqual(column, width - 1)),
        tf.logicalAnd(tf.greaterEqual(row, 0), tf.lessEqual(row, height - 1)),
      );
      const kept = tf.cast(inside, 'float32');
      const position = tf.add(tf.mul(tf.clipByValue(row, 0, height - 1), width), tf.clipByValue(column, 0, width - 1));
      const indices = tf.cast(tf.reshape(position, [batch, height * width]), 'int32');
      const gathered = tf.reshape(tf.gather(pixels, indices, 2, 1), planes.shape);
      return tf.mul(gathered, tf.expandDims(weight ? tf.mul(kept, weight) : kept, 1));
    };

    if (sampling === 'nearest') return tf.add(at(tf.round(x), tf.round(y)), fill);
    const left = tf.floor(x);
    const top = tf.floor(y);
    const rightShare = tf.sub(x, left);
    const bottomShare = tf.sub(y, top);
    const leftShare = tf.sub(1, rightShare);
    const topShare = tf.sub(1, bottomShare);
    const right = tf.add(left, 1);
    const bottom = tf.add(top, 1);
    const corners = [
      at(left, top, tf.mul(leftShare, topShare)),
      at(right, top, tf.mul(rightShare, topShare)),
      at(left, bottom, tf.mul(leftShare, bottomShare)),
      at(right, bottom, tf.mul(rightShare, bottomShare)),
    ];
    return tf.add(tf.addN(corners), fill);
  });
}
