import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { blend } from './blend.js';
import { luminance } from './luminance.js';
import type { Planes } from '../transform/planes.js';

/**
 * `clip(factor · x + (1 - factor) · m, 0, 1)` with `m` the mean grey value of the image: torchvision's
 * `adjust_contrast`. `factor` is `[batch]`, not negative; 1 changes nothing.
 */
export function adjustContrast(planes: Planes, factor: Tensor1D): Planes {
  return tf.tidy(() => blend(planes, tf.mean(luminance(planes), [1, 2, 3], true), factor));
}
