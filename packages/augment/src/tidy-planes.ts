import * as tf from '@tensorflow/tfjs-core';
import type { Planes } from './planes.js';

/** `tf.tidy` for functions that return planes. */
export function tidyPlanes(make: () => Planes): Planes {
  return tf.tidy(() => [...make()]);
}
