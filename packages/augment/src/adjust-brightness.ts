import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { blend } from './blend.js';
import { perImage } from './per-image.js';
import type { Planes } from './planes.js';
import { tidyPlanes } from './tidy-planes.js';

/** `clip(factor · x, 0, 1)`: torchvision's `adjust_brightness`. `factor` is `[batch]`, not negative; 1 changes nothing. */
export function adjustBrightness(planes: Planes, factor: Tensor1D): Planes {
  return tidyPlanes(() => blend(planes, perImage(factor), tf.scalar(0)));
}
