import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { randomUniform } from '@ssl/core/ops';
import { chance } from '../transform/chance.js';
import { checkRange } from '../transform/check-range.js';
import { cropWithinRange, type CropBoxes, type ResizedCropOptions } from './resized-crop.js';
import type { Transform } from '../transform/transform.js';

export interface RandomResizedCropDrawOptions {
  /** Lowest and highest share of the image's area, in (0, 1]. */
  readonly scale?: readonly [number, number];
  /** Lowest and highest width over height of the crop, above 0. */
  readonly ratio?: readonly [number, number];
  /** Probability that the crop is mirrored left to right, 0 to 1. */
  readonly flip?: number;
}

/** {@link randomResizedCrop}'s options. */
export type RandomResizedCropOptions = RandomResizedCropDrawOptions & ResizedCropOptions;

/** What {@link randomResizedCrop} does where an option is left out: torchvision's defaults. */
export const randomResizedCropDefaults = {
  scale: [0.08, 1],
  ratio: [3 / 4, 4 / 3],
  flip: 0,
} as const satisfies RandomResizedCropDrawOptions;

/** torchvision tries this often before it takes the largest centred box of an allowed ratio. */
const tries = 10;

/**
 * Draws crop boxes as torchvision's `RandomResizedCrop` does, in the original's proportions.
 *
 * Area `~ U(scale)`, log ratio `~ U(log ratio)`; a pair is accepted when the box fits into the image; the first of ten
 * accepted pairs is taken, else the largest centred box of an allowed ratio. The position is uniform over all that fit.
 * Unlike torchvision's, boxes are not rounded to whole pixels of the original, whose size is not known here.
 *
 * @param aspects - width over height of the originals, `[batch]`.
 * @param key - int32 `[2]`.
 * @returns boxes in fractions of the image's height and width.
 * @throws SslError for an empty or reversed range.
 */
export function drawRandomResizedCrop(
  aspects: Tensor1D,
  key: Tensor1D,
  options: RandomResizedCropDrawOptions = {},
): CropBoxes {
  const { scale, ratio, flip } = { ...randomResizedCropDefaults, ...options };
  checkRange('randomResizedCrop', 'scale', scale, [Number.MIN_VALUE, 1]);
  checkRange('randomResizedCrop', 'ratio', ratio, [Number.MIN_VALUE, Infinity]);
  const [batch] = aspects.shape;
  return tf.tidy(() => {
    const uniforms = randomUniform([2 * tries + 3, batch], key);
    const [areas, ratios, ...rest] = tf.split(uniforms, [tries, tries, 1, 1, 1], 0) as [Tensor, Tensor, ...Tensor[]];
    const [forTop, forLeft, forFlip] = rest.map((row) => tf.reshape(row, [batch])) as [Tensor1D, Tensor1D, Tensor1D];
    const area = tf.add(tf.mul(areas, scale[1] - scale[0]), scale[0]); // [tries, N]
    const logs = [Math.log(ratio[0]), Math.log(ratio[1])] as const;
    const shape = tf.exp(tf.add(tf.mul(ratios, logs[1] - logs[0]), logs[0]));
    // Of an image of height 1 and width `aspect`, in fractions of its sides.
    const width = tf.sqrt(tf.div(tf.mul(area, shape), aspects));
    const height = tf.sqrt(tf.div(tf.mul(area, aspects), shape));
    const fits = tf.cast(tf.lessEqual(tf.maximum(width, height), 1), 'float32');
    const order = tf.mul(fits, tf.reshape(tf.range(tries, 0, -1), [tries, 1])); // the first that fits is the highest
    const taken = tf.mul(fits, tf.cast(tf.equal(order, tf.max(order, 0)), 'float32'));
    const found = tf.sum(taken, 0); // [N]
    const missed = tf.sub(1, found);

    // The largest centred box: the whole image, narrowed where its own ratio is not allowed.
    const fallbackHeight = tf.minimum(1, tf.div(aspects, ratio[0]));
    const fallbackWidth = tf.minimum(1, tf.div(ratio[1], aspects));
    const choose = (values: Tensor, fallback: Tensor): Tensor1D =>
      tf.add(tf.sum(tf.mul(taken, values), 0), tf.mul(missed, fallback));
    const boxHeight = choose(height, fallbackHeight);
    const boxWidth = choose(width, fallbackWidth);
    const place = (uniform: Tensor1D, length: Tensor1D): Tensor1D =>
      tf.mul(tf.add(tf.mul(found, uniform), tf.mul(missed, 0.5)), tf.sub(1, length));
    return {
      top: place(forTop, boxHeight),
      left: place(forLeft, boxWidth),
      height: boxHeight,
      width: boxWidth,
      flipped: chance(forFlip, flip),
    };
  });
}

/**
 * Crop of random size, ratio and position, resized to `size`, with the horizontal flip folded in.
 *
 * @throws SslError for an empty or reversed range.
 * @example
 * ```ts
 * randomResizedCrop({ size: 32, scale: [0.25, 1], flip: 0.5 });
 * ```
 * Szegedy et al. 2015, arXiv:1409.4842, section 6; Chen et al. 2020, arXiv:2002.05709, appendix A.
 */
export function randomResizedCrop(options: RandomResizedCropOptions): Transform<CropBoxes> {
  return {
    name: 'randomResizedCrop',
    imagewise: true,
    draw: ({ aspects, key }) => drawRandomResizedCrop(aspects, key, options),
    apply: (planes, boxes) => cropWithinRange(planes, boxes, options),
  };
}
