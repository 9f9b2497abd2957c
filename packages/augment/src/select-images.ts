import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { perImage } from './per-image.js';
import type { Planes } from './planes.js';
import { tidyPlanes } from './tidy-planes.js';

/** Images of `changed` where `applied` is 1, of `unchanged` where it is 0; exact for finite pixels. */
export function selectImages(applied: Tensor1D, changed: Planes, unchanged: Planes): Planes {
  return tidyPlanes(() => {
    const yes = perImage(applied);
    const no = tf.sub(1, yes);
    return changed.map((plane, channel) =>
      tf.add<Tensor3D>(tf.mul(yes, plane), tf.mul(no, unchanged[channel]!)),
    );
  });
}
