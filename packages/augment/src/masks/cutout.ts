import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { chance } from '../transform/chance.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';

export interface CutoutOptions {
  /** Side of the square in pixels; 16 of 32 in the paper's CIFAR-10 runs. */
  readonly size: number;
  readonly value?: number;
  readonly probability?: number;
}

export type CutoutParameters = {
  /** Middle of the square, as shares of height and width, `[batch]`. */
  readonly y: Tensor1D;
  readonly x: Tensor1D;
  /** Side of the square in pixels, a whole number; 0 where nothing is cut out. `[batch]`. */
  readonly size: Tensor1D;
};

/**
 * Puts `value` into a square around pixel `floor(y · height)`, `floor(x · width)`; what stands out of the image is lost, so
 * that squares at the border are smaller.
 */
export function applyCutout(
  planes: Planes,
  { y, x, size }: CutoutParameters,
  { value = 0 }: Pick<CutoutOptions, 'value'> = {},
): Planes {
  const [, , height, width] = planes.shape;
  return tf.tidy(() => {
    const length = tf.reshape(size, [-1, 1]);
    const along = (middle: Tensor1D, side: number): Tensor => {
      const first = tf.sub(tf.reshape(tf.floor(tf.mul(middle, side)), [-1, 1]), tf.floor(tf.div(length, 2)));
      const pixel = tf.range(0, side);
      const inside = tf.logicalAnd(tf.greaterEqual(pixel, first), tf.less(pixel, tf.add(first, length)));
      return tf.cast(inside, 'float32');
    };
    const square = tf.matMul(tf.expandDims(along(y, height), 2), tf.expandDims(along(x, width), 1));
    const mask: Tensor4D = tf.expandDims(square, 1);
    return tf.add(tf.mul(planes, tf.sub(1, mask)), tf.mul(mask, value));
  });
}

/** Cuts a square out at a random place, every pixel equally likely as its middle. DeVries and Taylor 2017, arXiv:1708.04552. */
export function cutout(options: CutoutOptions): Transform<CutoutParameters> {
  const { size, probability = 1 } = options;
  return {
    name: 'cutout',
    draw: ({ batch, key }) =>
      tf.tidy(() => {
        const { applied, ...middle } = drawUniforms(batch, key, { y: [0, 1], x: [0, 1], applied: [0, 1] });
        return { ...middle, size: tf.mul<Tensor1D>(chance(applied, probability), size) };
      }),
    apply: (planes, parameters) => applyCutout(planes, parameters, options),
  };
}
