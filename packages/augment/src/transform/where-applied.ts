import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { perImage } from './per-image.js';
import type { Planes } from './planes.js';

/** Images of `changed` where `applied` is 1, of `unchanged` where it is 0; exact for finite pixels. */
export function whereApplied(applied: Tensor1D, changed: Planes, unchanged: Planes): Planes {
  return tf.tidy(() => {
    const yes = perImage(applied);
    return tf.add(tf.mul(yes, changed), tf.mul(tf.sub(1, yes), unchanged));
  });
}
