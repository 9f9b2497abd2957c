import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';

export type Interpolation = 'bilinear' | 'bicubic';

/** One side of a crop box, in fractions of the image's side. */
export interface Interval {
  /** Where the box begins, `[batch]`. */
  readonly start: Tensor1D;
  /** Its length, `[batch]`, above 0. */
  readonly length: Tensor1D;
}

export interface ResizeWeightsOptions {
  /** Pixels of the input along this side. */
  readonly from: number;
  /** Pixels of the output along this side. */
  readonly to: number;
  readonly interpolation: Interpolation;
  /** 1 for images whose output runs backwards, `[batch]`: a flip at no cost. */
  readonly mirrored?: Tensor1D;
}

/**
 * Matrix that crops an interval and resizes it along one side, antialiased: `output = weights · input`.
 *
 * With `s = length / to` (input pixels for one output pixel) and output pixel `i` centred at `c = start + s (i + 1/2)`,
 * pixel `j` has weight `f((j + 1/2 - c) / max(s, 1))`, times the part of pixel `j` that lies in the interval, divided by
 * the sum over `j`. `f` is the triangle (bilinear) or Keys' cubic with a = -1/2 (bicubic): the filters of PIL and of
 * PyTorch's antialiased `interpolate`. For boxes on whole pixels this equals cropping and then resizing.
 *
 * @returns `[batch, to, from]`; every row sums to 1.
 */
export function resizeWeights({ start, length }: Interval, options: ResizeWeightsOptions): Tensor3D {
  const { from, to, interpolation, mirrored } = options;
  return tf.tidy(() => {
    const column = (values: Tensor): Tensor => tf.reshape(values, [-1, 1]);
    const begin = tf.mul(column(start), from); // [N, 1]
    const extent = tf.mul(column(length), from);
    const step = tf.div(extent, to);
    const reach = tf.maximum(step, 1);
    const outputs = tf.add(tf.range(0, to), 0.5); // [to]
    const along = tf.mul(step, outputs); // [N, to]
    const offsets = mirrored
      ? tf.add(along, tf.mul(column(mirrored), tf.sub(extent, tf.mul(along, 2))))
      : along;
    const centres = tf.div(tf.add(begin, offsets), reach); // in units of the filter's reach
    const left = tf.range(0, from); // [from]
    const pixels = tf.div(tf.add(left, 0.5), reach); // [N, from]
    const covered = tf.relu(
      tf.sub(tf.minimum(tf.add(left, 1), tf.add(begin, extent)), tf.maximum(left, begin)),
    ); // [N, from]
    // Tiled by hand: a difference that broadcasts on both sides is ten times slower on the native engine.
    const tiled = tf.tile(tf.expandDims(pixels, 1), [1, to, 1]); // [N, to, from]
    const raw = filters[interpolation](tf.abs(tf.sub(tiled, tf.expandDims(centres, 2))));
    const sums = tf.matMul(raw, tf.expandDims(covered, 2)); // [N, to, 1]
    const scale = tf.matMul(tf.div(1, sums), tf.expandDims(covered, 1));
    return tf.mul<Tensor3D>(raw, scale);
  });
}

const filters: Readonly<Record<Interpolation, (distance: Tensor) => Tensor>> = {
  bilinear: (distance) => tf.relu(tf.sub(1, distance)),
  // From 1 to 2 the cubic is (1 - d) (2 - d)² / 2; below 1 it exceeds that by (1 - d)² (2d - 1). With relu nothing
  // branches on values.
  bicubic: (distance) => {
    const two = tf.relu(tf.sub(2, distance));
    const one = tf.relu(tf.sub(1, distance));
    const outer = tf.mul(tf.mul(0.5, tf.sub(1, distance)), tf.square(two));
    return tf.add(outer, tf.mul(tf.square(one), tf.sub(1, tf.mul(2, one))));
  },
};
