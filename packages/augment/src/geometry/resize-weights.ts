import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

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
export function resizeWeights(interval: Interval, options: ResizeWeightsOptions): Tensor3D {
  const { from, to, interpolation } = options;
  return tf.tidy(() => {
    const { begin, end, reach, centres } = placeOutputs(interval, options);
    const left = tf.range(0, from); // [from]
    const pixels = tf.div(tf.add(left, 0.5), reach); // [N, from], in units of the filter's reach
    const covered = tf.relu(tf.sub(tf.minimum(tf.add(left, 1), end), tf.maximum(left, begin))); // [N, from]
    // Tiled by hand: a difference that broadcasts on both sides is ten times slower on the native engine.
    const tiled = tf.tile(tf.expandDims(pixels, 1), [1, to, 1]); // [N, to, from]
    const raw = filters[interpolation](tf.abs(tf.sub(tiled, tf.expandDims(tf.div(centres, reach), 2))));
    const sums = tf.matMul(raw, tf.expandDims(covered, 2)); // [N, to, 1]
    const scale = tf.matMul(tf.div(1, sums), tf.expandDims(covered, 1));
    return tf.mul<Tensor3D>(raw, scale);
  });
}

/** The weights of {@link resizeWeights} that can differ from 0: each output pixel is a sum over neighbouring input pixels. */
export type ResizeTaps = {
  /** The first of them, `[batch, to]`, int32. */
  readonly first: Tensor2D;
  /** `[batch, to, count]`. */
  readonly weights: Tensor3D;
};

/** How many input pixels an output pixel can be made of, whatever the interval. */
export function tapCount({ from, to, interpolation }: Pick<ResizeWeightsOptions, 'from' | 'to' | 'interpolation'>): number {
  return Math.floor(2 * radii[interpolation] * Math.max(1, from / to)) + 1;
}

/** {@link resizeWeights} without the zeros; for more input pixels than {@link tapCount}. */
export function resizeTaps(interval: Interval, options: ResizeWeightsOptions): ResizeTaps {
  const { from, interpolation } = options;
  const count = tapCount(options);
  return tf.tidy(() => {
    const { begin, end, reach, centres } = placeOutputs(interval, options);
    const lowest = tf.ceil(tf.sub(centres, tf.add(tf.mul(reach, radii[interpolation]), 0.5)));
    const first = tf.clipByValue(lowest, 0, from - count) as Tensor2D;
    const left = tf.add(tf.expandDims(first, 2), tf.range(0, count)); // [N, to, count]
    const each = (values: Tensor): Tensor => tf.expandDims(values, 2);
    const distances = tf.sub(tf.div(tf.add(left, 0.5), each(reach)), each(tf.div(centres, reach)));
    const covered = tf.relu(tf.sub(tf.minimum(tf.add(left, 1), each(end)), tf.maximum(left, each(begin))));
    const raw = tf.mul(filters[interpolation](tf.abs(distances)), covered);
    return { first: tf.cast<Tensor2D>(first, 'int32'), weights: tf.div<Tensor3D>(raw, tf.sum(raw, 2, true)) };
  });
}

/** In input pixels: the interval and the filter's unit, `[batch, 1]`, and the centre of each output pixel, `[batch, to]`. */
function placeOutputs({ start, length }: Interval, { from, to, mirrored }: ResizeWeightsOptions): Record<'begin' | 'end' | 'reach' | 'centres', Tensor> {
  const column = (values: Tensor): Tensor => tf.reshape(values, [-1, 1]);
  const begin = tf.mul(column(start), from);
  const extent = tf.mul(column(length), from);
  const step = tf.div(extent, to);
  const along = tf.mul(step, tf.add(tf.range(0, to), 0.5));
  const offsets = mirrored ? tf.add(along, tf.mul(column(mirrored), tf.sub(extent, tf.mul(along, 2)))) : along;
  return { begin, end: tf.add(begin, extent), reach: tf.maximum(step, 1), centres: tf.add(begin, offsets) };
}

/** Beyond it a filter is 0, in units of its reach. */
const radii: Readonly<Record<Interpolation, number>> = { bilinear: 1, bicubic: 2 };

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
