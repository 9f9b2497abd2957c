import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { multiplySides } from '../transform/multiply-sides.js';
import type { Planes } from '../transform/planes.js';
import { resizeTaps, resizeWeights, tapCount, type Interpolation, type ResizeWeightsOptions } from './resize-weights.js';
import { sumLines } from './sum-lines.js';

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
 * `W_y · plane · W_xᵀ` for each channel with the matrices of {@link resizeWeights}: as two products, or, where the image
 * is large, as sums over the few pixels whose weight is not 0.
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
    const vertical = { from: height, to: rows, interpolation };
    const horizontal = { from: width, to: columns, interpolation, ...(boxes.flipped && { mirrored: boxes.flipped }) };
    const down = { start: boxes.top, length: boxes.height };
    const across = { start: boxes.left, length: boxes.width };
    if (isSparse(vertical) && isSparse(horizontal)) {
      return sumLines(sumLines(planes, resizeTaps(down, vertical), 2), resizeTaps(across, horizontal), 3);
    }
    return multiplySides(planes, resizeWeights(down, vertical), resizeWeights(across, horizontal));
  });
}

/** Up to this side the products with whole matrices are as quick. */
const smallSource = 64;

/** Whether the matrix is nearly all zeros. */
function isSparse(side: ResizeWeightsOptions): boolean {
  return side.from > smallSource && 4 * tapCount(side) <= side.from;
}

/** {@link applyResizedCrop}, clipped to 0..1 where the filter overshoots: what resizing of byte images does. */
export function cropWithinRange(planes: Planes, boxes: CropBoxes, options: ResizedCropOptions): Planes {
  const cropped = applyResizedCrop(planes, boxes, options);
  return options.interpolation === 'bicubic' ? tf.tidy(() => tf.clipByValue(cropped, 0, 1)) : cropped;
}
