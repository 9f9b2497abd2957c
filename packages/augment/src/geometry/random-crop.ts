import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { multiplySides } from '../transform/multiply-sides.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';

export interface RandomCropOptions {
  /** Side of the crop in pixels. */
  readonly size: number;
  /** Pixels put around the image first; 4 is usual at 32 pixels. */
  readonly padding?: number;
  /** What stands in the padding: black, or the image mirrored at its border. */
  readonly paddingMode?: 'zero' | 'reflect';
}

export type RandomCropParameters = {
  /** Where the crop begins, as a share of the places that it fits into: `floor(share · (places))`. `[batch]`, in [0, 1). */
  readonly top: Tensor1D;
  readonly left: Tensor1D;
};

/** Cuts a square of `size` pixels out of each image, after padding; pixels are copied, not resampled. */
export function applyRandomCrop(planes: Planes, { top, left }: RandomCropParameters, options: RandomCropOptions): Planes {
  const { size, padding = 0, paddingMode = 'zero' } = options;
  const [, , height, width] = planes.shape;
  const rows = height + 2 * padding;
  const columns = width + 2 * padding;
  if (size > rows || size > columns) {
    throw new SslError(
      `randomCrop needs images of at least ${String(size)} pixels with their padding, got ${String(rows)} × ${String(columns)}. ` +
        'Choose a smaller size or more padding.',
      { from: '@ssl/augment' },
    );
  }
  return tf.tidy(() => {
    const around: [number, number] = [padding, padding];
    const pads: [number, number][] = [[0, 0], [0, 0], around, around];
    const mirrored = paddingMode === 'reflect' && padding > 0;
    const padded: Tensor4D = mirrored ? tf.mirrorPad(planes, pads, 'reflect') : tf.pad(planes, pads);
    return multiplySides(padded, selection(top, rows, size), selection(left, columns, size));
  });
}

/** `[batch, to, from]`: 1 where output pixel i is input pixel i + start. */
function selection(share: Tensor, from: number, to: number): Tensor3D {
  const start = tf.reshape(tf.floor(tf.mul(share, from - to + 1)), [-1, 1, 1]);
  const shift = tf.sub(tf.range(0, from), tf.reshape(tf.range(0, to), [to, 1])); // [to, from]: j - i
  return tf.cast(tf.equal(tf.expandDims(shift, 0), start), 'float32');
}

/**
 * Square of `size` pixels at a random place, every place equally likely: torchvision's `RandomCrop`.
 *
 * @throws SslError when the padded images are smaller than the crop.
 */
export function randomCrop(options: RandomCropOptions): Transform<RandomCropParameters> {
  return {
    name: 'randomCrop',
    draw: ({ batch, key }) => drawUniforms(batch, key, { top: [0, 1], left: [0, 1] }),
    apply: (planes, parameters) => applyRandomCrop(planes, parameters, options),
  };
}
