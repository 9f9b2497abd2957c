import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { perImage } from '../transform/per-image.js';
import type { Planes } from '../transform/planes.js';

/** `clip(factor · x, 0, 1)`: torchvision's `adjust_brightness`. `factor` is `[batch]`, not negative; 1 changes nothing. */
export function adjustBrightness(planes: Planes, factor: Tensor1D): Planes {
  return tf.tidy(() => tf.clipByValue(tf.mul(planes, perImage(factor)), 0, 1));
}
