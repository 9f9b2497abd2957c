import { applyNormalize, type NormalizeOptions } from '@ssl/augment';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** Pictures from 0 to 1 into the units of training and back, `[batch, height, width, channels]`. */
export interface NormalisedPictures {
  readonly normal: (pictures: Tensor4D) => Tensor4D;
  /** Cut to 0..1. */
  readonly plain: (normalised: Tensor4D) => Tensor4D;
}

/** For pictures of so many channels; call it inside a `tf.tidy`. */
export function normalisedPictures(channels: number, normalization: NormalizeOptions): NormalisedPictures {
  const normal = (pictures: Tensor4D): Tensor4D => tf.transpose(applyNormalize(tf.transpose(pictures, [0, 3, 1, 2]), normalization), [0, 2, 3, 1]);
  // (x - mean) / deviation is linear: black and white say how to undo it.
  const [black, white] = [normal(tf.zeros([1, 1, 1, channels])), normal(tf.ones([1, 1, 1, channels]))];
  return { normal, plain: (normalised) => tf.clipByValue(tf.div<Tensor4D>(tf.sub(normalised, black), tf.sub(white, black)), 0, 1) };
}
