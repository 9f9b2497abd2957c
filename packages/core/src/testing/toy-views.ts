import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Views } from '../batch.js';
import { randomNormal } from '../ops/random-normal.js';
import { foldIn } from '../random/random-key.js';

/** Views that need no augmentation library: the image in -1..1 plus a little noise of its own for each view. */
export function toyViews(count = 2): Views {
  return ({ images, key }) => ({
    views: Array.from({ length: count }, (_, view) => {
      const noise = randomNormal(images.shape, foldIn(key, view), 0, 0.1);
      return tf.add<Tensor4D>(tf.sub(tf.mul(images, 2), 1), noise);
    }),
  });
}
