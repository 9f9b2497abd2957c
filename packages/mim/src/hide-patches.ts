import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** Grey of hidden patches. */
const hiddenGrey = 0.5;

/** 1 in the pixels of hidden patches, `[batch, height, width, 1]`, from a mask `[batch, patches]` of a square grid. */
export function hiddenPixels(mask: Tensor2D, [, height, width]: Tensor4D['shape']): Tensor4D {
  const [batch, patches] = mask.shape;
  const side = Math.round(Math.sqrt(patches));
  return tf.tidy(() => {
    const wide = tf.tile(tf.reshape(mask, [batch, side, 1, side, 1]), [1, 1, height / side, 1, width / side]);
    return tf.reshape<tf.Rank.R4>(wide, [batch, height, width, 1]);
  });
}

/** Pictures from 0 to 1 with a middle grey in the place of hidden patches. */
export function hidePatches(images: Tensor4D, mask: Tensor2D): Tensor4D {
  return tf.tidy(() => {
    const hidden = hiddenPixels(mask, images.shape);
    return tf.add<Tensor4D>(tf.mul(images, tf.sub(1, hidden)), tf.mul(hidden, hiddenGrey));
  });
}
