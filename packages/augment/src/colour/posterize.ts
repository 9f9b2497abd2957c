import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { perImage } from '../transform/per-image.js';
import type { Planes } from '../transform/planes.js';

/** `min(floor(x · 2^bits), 2^bits - 1) / 2^bits`: torchvision's `posterize` of float images. `bits` is `[batch]`, 0 to 8. */
export function posterize(planes: Planes, bits: Tensor1D): Planes {
  return tf.tidy(() => {
    const levels = perImage(tf.round(tf.pow(2, bits)));
    const level = tf.minimum(tf.floor(tf.mul(planes, levels)), tf.sub(levels, 1));
    return tf.div(tf.relu(level), levels);
  });
}
