import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { perImage } from '../transform/per-image.js';
import type { Planes } from '../transform/planes.js';

/**
 * `clip(factor · x + (1 - factor) · other, 0, 1)`: what brightness, contrast, saturation and sharpness are in torchvision
 * and PIL, with black, the mean grey, the grey image and the smoothed image as `other`.
 *
 * @param other - broadcasts to the planes.
 * @param factor - `[batch]`, not negative; 1 changes nothing, above 1 leads away from `other`.
 */
export function blend(planes: Planes, other: Tensor4D, factor: Tensor1D): Planes {
  return tf.tidy(() => {
    const scale = perImage(factor);
    return tf.clipByValue(tf.add(tf.mul(planes, scale), tf.mul(other, tf.sub(1, scale))), 0, 1);
  });
}
