import * as tf from '@tensorflow/tfjs-core';
import type { Planes } from '../transform/planes.js';

const levels = 256;

/**
 * Spreads the values of each channel of each image so that all are about equally frequent: histogram equalisation as PIL
 * and torchvision's `equalize` define it, on 256 levels.
 *
 * With `n` pixels, of which `m` have the highest value, `step = floor((n - m) / 255)`, and `below(v)` the number of pixels
 * less than level `v`, level `v` becomes `floor((below(v) + floor(step / 2)) / step)`, at most 255; a channel with `step`
 * 0 is only rounded to levels.
 */
export function equalize(planes: Planes): Planes {
  const [batch, channels, height, width] = planes.shape;
  const count = batch * channels;
  const size = height * width;
  return tf.tidy(() => {
    // As torchvision turns floats into bytes: 1 is level 255, and each level is 1/255.999 wide.
    const level = tf.clipByValue(tf.floor(tf.mul(tf.reshape(planes, [count, size]), levels - 1e-3)), 0, levels - 1);
    const offset = tf.range(0, count * levels, levels, 'int32');
    const bin = tf.add(tf.cast(level, 'int32'), tf.reshape(offset, [count, 1])); // [NC, HW]
    const flat = tf.reshape(bin, [count * size]);
    // Adds up where indices repeat; unsortedSegmentSum would take a pass for each bin on tfjs's own engines.
    const counts = tf.scatterND(tf.expandDims(flat, 1), tf.ones([count * size]), [count * levels]);
    const histogram = tf.reshape(counts, [count, levels]);
    const below = tf.cumsum(histogram, 1, true);
    const reached = tf.add(below, histogram);
    const isHighest = tf.logicalAnd(tf.equal(reached, size), tf.less(below, size));
    const highest = tf.sum(tf.mul(histogram, tf.cast(isHighest, 'float32')), 1, true);
    const step = tf.floor(tf.div(tf.sub(size, highest), levels - 1)); // [NC, 1]
    const usable = tf.maximum(step, 1);
    const table = tf.minimum(
      tf.floor(tf.div(tf.add(below, tf.floor(tf.div(step, 2))), usable)),
      levels - 1,
    );
    const identity = tf.range(0, levels);
    const active = tf.cast(tf.greater(step, 0), 'float32');
    const chosen = tf.add(tf.mul(active, table), tf.mul(tf.sub(1, active), identity)); // [NC, 256]
    const equalized = tf.gather(tf.reshape(chosen, [count * levels]), flat as tf.Tensor1D);
    return tf.div(tf.reshape(equalized, planes.shape), levels - 1);
  });
}
