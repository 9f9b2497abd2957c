import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import type { Planes } from './planes.js';

/** torchvision's weights of red, green and blue in grey (ITU-R 601-2). */
const weights = [0.2989, 0.587, 0.114] as const;

/**
 * Grey value of each pixel, `[batch, height, width]`: `0.2989 R + 0.587 G + 0.114 B` of colour images, the plane itself
 * of images with one channel, the mean over channels of any others.
 */
export function luminance(planes: Planes): Tensor3D {
  const [red, green, blue] = planes;
  if (planes.length === 3 && red && green && blue) {
    return tf.add(tf.add(tf.mul(red, weights[0]), tf.mul(green, weights[1])), tf.mul(blue, weights[2]));
  }
  if (planes.length === 1 && red) return red;
  return tf.div(tf.addN([...planes]), planes.length);
}
