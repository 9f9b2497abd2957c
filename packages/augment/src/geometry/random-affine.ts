import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { checkRange } from '../transform/check-range.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';
import { warpAffine, type WarpOptions } from './warp-affine.js';

/** What an affine map does to each image, each `[batch]`. */
export type AffineParameters = {
  /** Degrees, clockwise as in torchvision's `affine`. */
  readonly angle: Tensor1D;
  /** To the right, as a share of the width. */
  readonly translateX: Tensor1D;
  /** Down, as a share of the height. */
  readonly translateY: Tensor1D;
  /** Above 1 enlarges. */
  readonly scale: Tensor1D;
  /** Degrees. */
  readonly shearX: Tensor1D;
  readonly shearY: Tensor1D;
};

export interface RandomAffineOptions extends WarpOptions {
  /** Lowest and highest angle in degrees. */
  readonly degrees?: readonly [number, number];
  /** Greatest shift to either side as shares of width and height. Unlike torchvision's it is not rounded to pixels. */
  readonly translate?: readonly [number, number];
  readonly scale?: readonly [number, number];
  readonly shearX?: readonly [number, number];
  readonly shearY?: readonly [number, number];
}

/** Nothing is changed unless it is asked for. */
export const randomAffineDefaults = {
  degrees: [0, 0],
  translate: [0, 0],
  scale: [1, 1],
  shearX: [0, 0],
  shearY: [0, 0],
} as const satisfies RandomAffineOptions;

const radians = Math.PI / 180;

/**
 * Map from output to input of rotation, shear, scale and translation about the image's centre: the inverse of
 * `T · R(angle) · S(scale) · ShearY · ShearX`, as torchvision composes them.
 *
 * @returns `[batch, 6]` for {@link warpAffine}.
 */
export function inverseAffine(parameters: AffineParameters, height: number, width: number): Tensor2D {
  return tf.tidy(() => {
    const { scale } = parameters;
    const angle = tf.mul(parameters.angle, radians);
    const shearY = tf.mul(parameters.shearY, radians);
    const tangent = tf.tan(tf.mul(parameters.shearX, radians));
    const difference = tf.sub(angle, shearY);
    const a = tf.div(tf.cos(difference), tf.cos(shearY));
    const b = tf.neg(tf.add(tf.mul(a, tangent), tf.sin(angle)));
    const c = tf.div(tf.sin(difference), tf.cos(shearY));
    const d = tf.sub(tf.cos(angle), tf.mul(c, tangent));
    const [p, q, r, s] = [d, tf.neg(b), tf.neg(c), a].map((entry) => tf.div<Tensor1D>(entry, scale)) as [Tensor1D, Tensor1D, Tensor1D, Tensor1D];
    const x = tf.mul<Tensor1D>(parameters.translateX, width);
    const y = tf.mul<Tensor1D>(parameters.translateY, height);
    const shift = (first: Tensor1D, second: Tensor1D): Tensor1D => tf.neg(tf.add(tf.mul(first, x), tf.mul(second, y)));
    return tf.stack([p, q, shift(p, q), r, s, shift(r, s)], 1) as Tensor2D;
  });
}

/** torchvision's `affine` with the parameters of each image's own. */
export function applyAffine(planes: Planes, parameters: AffineParameters, options: WarpOptions = {}): Planes {
  const [, , height, width] = planes.shape;
  return tf.tidy(() => warpAffine(planes, inverseAffine(parameters, height, width), options));
}

/**
 * Random rotation, translation, scale and shear: torchvision's `RandomAffine`.
 *
 * @throws SslError for a reversed range.
 * @example
 * ```ts
 * randomAffine({ degrees: [-15, 15], translate: [0.1, 0.1], sampling: 'bilinear' });
 * ```
 */
export function randomAffine(options: RandomAffineOptions = {}): Transform<AffineParameters> {
  const { degrees, translate, scale, shearX, shearY } = { ...randomAffineDefaults, ...options };
  const anything = [-Infinity, Infinity] as const;
  checkRange('randomAffine', 'degrees', degrees, anything);
  checkRange('randomAffine', 'scale', scale, [Number.MIN_VALUE, Infinity]);
  checkRange('randomAffine', 'shearX', shearX, [-89, 89]);
  checkRange('randomAffine', 'shearY', shearY, [-89, 89]);
  return {
    name: 'randomAffine',
    draw: ({ batch, key }) =>
      drawUniforms(batch, key, {
        angle: degrees,
        translateX: [-translate[0], translate[0]],
        translateY: [-translate[1], translate[1]],
        scale,
        shearX,
        shearY,
      }),
    apply: (planes, parameters) => applyAffine(planes, parameters, options),
  };
}
