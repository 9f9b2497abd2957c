import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Planes } from './planes.js';

/**
 * `vertical · plane · horizontalᵀ` for every channel of every image: what crops, resizing and separable filters are.
 *
 * @param vertical - `[batch, rows, height]`.
 * @param horizontal - `[batch, columns, width]`.
 * @param reach - Where both matrices are square and zero further than that from the diagonal: the zeros are left out.
 * @returns `[batch, channels, rows, columns]`.
 */
export function multiplySides(planes: Planes, vertical: Tensor3D, horizontal: Tensor3D, reach?: number): Planes {
  const [batch, channels, height, width] = planes.shape;
  const [, rows] = vertical.shape;
  const [, columns] = horizontal.shape;
  return tf.tidy(() => {
    // All rows of all channels at once.
    const lines = tf.reshape<tf.Rank.R3>(planes, [batch, channels * height, width]);
    const across = tf.concat(
      stripes(columns, width, reach).map(([start, count, from, size]) =>
        tf.matMul(part(lines, 2, from, size), part(part(horizontal, 1, start, count), 2, from, size), false, true),
      ),
      2,
    );
    // Repeated for the channels by hand: tfjs's own engines take the wrong matrix when only an inner axis broadcasts.
    const repeated = tf.reshape<tf.Rank.R3>(tf.tile(tf.expandDims(vertical, 1), [1, channels, 1, 1]), [batch * channels, rows, height]);
    const upright = tf.reshape<tf.Rank.R3>(across, [batch * channels, height, columns]);
    const down = tf.concat(
      stripes(rows, height, reach).map(([start, count, from, size]) =>
        tf.matMul(part(part(repeated, 1, start, count), 2, from, size), part(upright, 1, from, size)),
      ),
      1,
    );
    return tf.reshape(down, [batch, channels, rows, columns]);
  });
}

type Stripe = readonly [start: number, count: number, from: number, size: number];

/** Fewer lines of a stripe, in units of the reach, and the products are too thin to be quick. */
const leastReaches = 5;

/** Lines of the result, and the lines of the image that they are made of; in one stripe what is small. */
function stripes(result: number, image: number, reach: number | undefined): Stripe[] {
  const count = reach === undefined || image < 128 ? 1 : Math.max(1, Math.floor(image / (leastReaches * reach)));
  if (count === 1) return [[0, result, 0, image]];
  return Array.from({ length: count }, (_, index) => {
    const [start, end] = [Math.round((index * result) / count), Math.round(((index + 1) * result) / count)];
    const [from, to] = [Math.max(0, start - reach!), Math.min(image, end + reach!)];
    return [start, end - start, from, to - from];
  });
}

/** `size` places from `start` on along one axis. */
function part(x: Tensor3D, axis: 1 | 2, start: number, size: number): Tensor3D {
  if (size === x.shape[axis]) return x;
  const begin = [0, 0, 0];
  begin[axis] = start;
  const sizes = [...x.shape];
  sizes[axis] = size;
  return tf.slice(x, begin, sizes);
}
