import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { multiplySides } from './multiply-sides.js';
import type { Planes } from './planes.js';
import { resizeWeights, type Interpolation } from './resize-weights.js';

/** Crop boxes in fractions of the image, so that they hold at any resolution; each `[batch]`, float32. */
export type CropBoxes = {
  readonly top: Tensor1D;
  readonly left: Tensor1D;
  readonly height: Tensor1D;
  readonly width: Tensor1D;
  /** 1 where the crop is mirrored left to right. */
  readonly flipped?: Tensor1D;
};

export interface ResizedCropOptions {
  /** Side of the output, or `[height, width]`, in pixels. */
  readonly size: number | readonly [number, number];
  /** Filter; 'bilinear' if left out. */
  readonly interpolation?: Interpolation;
}

/**
 * Crops a box of each image and resizes it, antialiased: torchvision's `resized_crop(..., antialias=True)`, with boxes
 * that may begin and end between pixels.
 *
 * Two products with the matrices of {@link resizeWeights}: `W_y · plane · W_xᵀ` for each channel.
 * Bicubic results may leave the range of the input a little, as torchvision's do on float images.
 *
 * @param boxes - one box for each image.
 * @returns planes `[batch, channels, size, size]`.
 */
export function applyResizedCrop(planes: Planes, boxes: CropBoxes, options: ResizedCropOptions): Planes {
  const { size, interpolation = 'bilinear' } = options;
  const [rows, columns] = typeof size === 'number' ? [size, size] : size;
  const [, , height, width] = planes.shape;
  return tf.tidy(() => {
    const vertical = resizeWeights(
      { start: boxes.top, length: boxes.height },
      { from: height, to: rows, interpolation },
    );
    const horizontal = resizeWeights(
      { start: boxes.left, length: boxes.width },
      { from: width, to: columns, interpolation, ...(boxes.flipped && { mirrored: boxes.flipped }) },
    );
    return multiplySides(planes, vertical, horizontal);
  });
}

/** {@link applyResizedCrop}, clipped to 0..1 where the filter overshoots: what resizing of byte images does. */
export function cropWithinRange(planes: Planes, boxes: CropBoxes, options: ResizedCropOptions): Planes {
  const cropped = applyResizedCrop(planes, boxes, options);
  return options.interpolation === 'bicubic' ? tf.tidy(() => tf.clipByValue(cropped, 0, 1)) : cropped;
}
