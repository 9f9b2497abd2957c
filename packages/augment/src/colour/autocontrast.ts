import * as tf from '@tensorflow/tfjs-core';
import type { Planes } from '../transform/planes.js';

/**
 * Stretches each channel of each image to 0..1: `(x - min) / (max - min)`; a channel of one value stays as it is.
 * torchvision's `autocontrast`.
 */
export function autocontrast(planes: Planes): Planes {
  return tf.tidy(() => {
    const lowest = tf.min(planes, [2, 3], true);
    const range = tf.sub(tf.max(planes, [2, 3], true), lowest);
    const flat = tf.cast(tf.equal(range, 0), 'float32');
    const stretched = tf.div(tf.sub(planes, tf.mul(lowest, tf.sub(1, flat))), tf.add(range, flat));
    return tf.clipByValue(stretched, 0, 1) as Planes;
  });
}
