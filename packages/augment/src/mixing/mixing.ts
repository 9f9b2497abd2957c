import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn } from '@ssl/core';
import { randomPermutation } from '@ssl/core/ops';
import { drawBeta } from './draw-beta.js';
import { drawUniforms } from '../transform/draw-uniforms.js';

export interface MixingOptions {
  /** Of the Beta distribution that the share is drawn from, above 0. */
  readonly alpha?: number;
  /** One share (and box) for each image, or one for the whole batch as in the papers' code. */
  readonly each?: 'image' | 'batch';
}

/** torchvision's defaults. */
export const mixingDefaults = { alpha: 1, each: 'image' } as const satisfies MixingOptions;

/** Who is mixed with whom, and how much of the image itself remains. */
export type MixupParameters = {
  /** Index of the other image, int32 `[batch]`: a permutation. */
  readonly partner: Tensor1D;
  /** Share of the image itself, `[batch]`, 0 to 1. */
  readonly share: Tensor1D;
};

/** {@link MixupParameters}, with the box that comes from the other image, in pixels; `share` is what the box leaves. */
export type CutmixParameters = MixupParameters & {
  readonly top: Tensor1D;
  readonly left: Tensor1D;
  /** Exclusive. */
  readonly bottom: Tensor1D;
  /** Exclusive. */
  readonly right: Tensor1D;
};

const repeated = (values: Tensor1D, batch: number, each: 'image' | 'batch'): Tensor1D =>
  each === 'image' ? values : tf.tile(values, [batch]);

/**
 * Draws a permutation of the batch and shares from Beta(alpha, alpha).
 *
 * @throws SslError for an alpha that is not above 0.
 */
export function drawMixup(batch: number, key: Tensor1D, options: MixingOptions = {}): MixupParameters {
  const { alpha, each } = { ...mixingDefaults, ...options };
  return tf.tidy(() => ({
    partner: randomPermutation(batch, foldIn(key, 'partner')),
    share: repeated(drawBeta(each === 'image' ? batch : 1, foldIn(key, 'share'), alpha), batch, each),
  }));
}

/**
 * `share · x + (1 - share) · x[partner]`: torchvision's `MixUp`.
 *
 * @param images - first axis is the batch.
 * Zhang et al. 2017, arXiv:1710.09412, section 2.
 */
export function applyMixup<Images extends Tensor>(images: Images, { partner, share }: MixupParameters): Images {
  return tf.tidy(() => {
    const own = tf.reshape(share, [-1, ...images.shape.slice(1).map(() => 1)]);
    return tf.add(tf.mul(own, images), tf.mul(tf.sub(1, own), tf.gather(images, partner))) as Images;
  });
}

/**
 * Labels of mixed images: `share · y + (1 - share) · y[partner]`, for Mixup and CutMix.
 *
 * @param labels - `[batch, classes]`, one-hot or soft.
 */
export function mixLabels(labels: Tensor2D, parameters: MixupParameters): Tensor2D {
  return applyMixup(labels, parameters);
}

/**
 * Draws a permutation of the batch and boxes: the share is Beta(alpha, alpha), the box has `sqrt(1 - share)` of either
 * side and a uniform middle, and is cut at the border; then `share` is corrected to the area that is left.
 * torchvision's `CutMix`.
 *
 * @param shape - `[batch, height, width, channels]` of the images.
 * @throws SslError for an alpha that is not above 0.
 */
export function drawCutmix(
  [batch, height, width]: readonly [number, number, number, number],
  key: Tensor1D,
  options: MixingOptions = {},
): CutmixParameters {
  const { alpha, each } = { ...mixingDefaults, ...options };
  const count = each === 'image' ? batch : 1;
  return tf.tidy(() => {
    const raw = drawBeta(count, foldIn(key, 'share'), alpha);
    const half = tf.mul(0.5, tf.sqrt(tf.sub(1, raw)));
    const middle = drawUniforms(count, foldIn(key, 'middle'), { y: [0, height], x: [0, width] });
    const span = (uniform: Tensor1D, side: number): [Tensor1D, Tensor1D] => {
      const centre = tf.floor(uniform);
      const reach = tf.floor(tf.mul(half, side));
      return [tf.maximum(tf.sub(centre, reach), 0), tf.minimum(tf.add(centre, reach), side)];
    };
    const [top, bottom] = span(middle.y, height);
    const [left, right] = span(middle.x, width);
    const area = tf.mul(tf.sub(bottom, top), tf.sub(right, left));
    const spread = (values: Tensor1D): Tensor1D => repeated(values, batch, each);
    return {
      partner: randomPermutation(batch, foldIn(key, 'partner')),
      share: spread(tf.sub(1, tf.div(area, height * width))),
      top: spread(top),
      left: spread(left),
      bottom: spread(bottom),
      right: spread(right),
    };
  });
}

/**
 * Puts the box of the other image into each image.
 *
 * @param images - `[batch, height, width, channels]`.
 * Yun et al. 2019, arXiv:1905.04899, section 3.1.
 */
export function applyCutmix(images: Tensor4D, parameters: CutmixParameters): Tensor4D {
  const { partner, top, left, bottom, right } = parameters;
  const [, height, width] = images.shape;
  return tf.tidy(() => {
    const inside = (from: Tensor1D, to: Tensor1D, side: number): Tensor => {
      const pixel = tf.range(0, side);
      const first = tf.reshape(from, [-1, 1]);
      const end = tf.reshape(to, [-1, 1]);
      return tf.cast(tf.logicalAnd(tf.greaterEqual(pixel, first), tf.less(pixel, end)), 'float32');
    };
    const rows = tf.expandDims(inside(top, bottom, height), 2);
    const columns = tf.expandDims(inside(left, right, width), 1);
    const box = tf.expandDims(tf.matMul(rows, columns), 3); // [N, H, W, 1]
    return tf.add(tf.mul(images, tf.sub(1, box)), tf.mul(tf.gather(images, partner), box));
  });
}
