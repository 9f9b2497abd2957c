import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { checkRange } from '../transform/check-range.js';
import { cropWithinRange, type CropBoxes, type ResizedCropOptions } from './resized-crop.js';
import type { Transform } from '../transform/transform.js';

export interface CentreCropOptions extends ResizedCropOptions {
  /** Side of the crop as a share of the original's shorter side, in (0, 1]; the usual 224 of 256 is 0.875. */
  readonly share?: number;
}

/** The largest centred square of each original, times `share`; in fractions of the squeezed image. */
export function centreBoxes(aspects: Tensor1D, share: number): CropBoxes {
  checkRange('centreCrop', 'share', [share, share], [Number.MIN_VALUE, 1]);
  return tf.tidy(() => {
    const width = tf.mul<Tensor1D>(tf.minimum(1, tf.div(1, aspects)), share);
    const height = tf.mul<Tensor1D>(tf.minimum(1, aspects), share);
    const margin = (length: Tensor1D): Tensor1D => tf.mul(tf.sub(1, length), 0.5);
    return { top: margin(height), left: margin(width), height, width };
  });
}

/** Centred square of the original's shorter side times `share`, resized to `size`: nothing random. */
export function centreCrop({ share = 1, ...options }: CentreCropOptions): Transform<CropBoxes> {
  return {
    name: 'centreCrop',
    imagewise: true,
    draw: ({ aspects }) => centreBoxes(aspects, share),
    apply: (planes, boxes) => cropWithinRange(planes, boxes, options),
  };
}
