import * as tf from '@tensorflow/tfjs-core';
import type { Planes } from '../transform/planes.js';

/** `1 - x`: torchvision's `invert`. */
export function invert(planes: Planes): Planes {
  return tf.sub(1, planes);
}
