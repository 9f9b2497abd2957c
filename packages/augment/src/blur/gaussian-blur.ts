import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor3D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { fused, fuses } from '@ssl/core/ops';
import { chance } from '../transform/chance.js';
import { checkRange } from '../transform/check-range.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { multiplySides } from '../transform/multiply-sides.js';
import { perImage } from '../transform/per-image.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';

export interface GaussianBlurOptions {
  /** Side of the kernel in pixels, odd; {@link gaussianKernelSize} of the image's height if left out. */
  readonly kernelSize?: number;
  /** Lowest and highest standard deviation in pixels, above 0. */
  readonly sigma?: readonly [number, number];
  readonly probability?: number;
}

/** SimCLR's blur. */
export const gaussianBlurDefaults = { sigma: [0.1, 2], probability: 0.5 } as const satisfies GaussianBlurOptions;

export type GaussianBlurParameters = {
  /** Standard deviation in pixels, `[batch]`. */
  readonly sigma: Tensor1D;
  /** 1 where the image is blurred, `[batch]`. */
  readonly applied: Tensor1D;
};

/** SimCLR's rule: a tenth of the image's side, made odd, at least 3. */
export function gaussianKernelSize(side: number): number {
  return Math.max(3, 2 * Math.floor(side / 20) + 1);
}

export function drawGaussianBlur(batch: number, key: Tensor1D, options: GaussianBlurOptions = {}): GaussianBlurParameters {
  const { sigma, probability } = { ...gaussianBlurDefaults, ...options };
  checkRange('gaussianBlur', 'sigma', sigma, [Number.MIN_VALUE, Infinity]);
  return tf.tidy(() => {
    const drawn = drawUniforms(batch, key, { sigma, applied: [0, 1] });
    return { sigma: drawn.sigma, applied: chance(drawn.applied, probability) };
  });
}

/**
 * Gaussian blur with reflected borders: torchvision's `gaussian_blur`, with a standard deviation for each image.
 * Taps are `exp(-t² / 2σ²)` over their sum, in both directions; as two matrix products with banded matrices, in stripes where the image is large,
 * or where the engine fuses it as sums of shifted images.
 *
 * @param kernelSize - odd, at most twice the smaller side less one.
 * @throws SslError for an even kernel and for one that the image is too small to reflect.
 */
export function applyGaussianBlur(
  planes: Planes,
  { sigma, applied }: GaussianBlurParameters,
  { kernelSize }: Pick<GaussianBlurOptions, 'kernelSize'> = {},
): Planes {
  const [, , height, width] = planes.shape;
  const size = kernelSize ?? gaussianKernelSize(height);
  const radius = (size - 1) / 2;
  if (!Number.isInteger(radius) || radius >= Math.min(height, width)) {
    throw new SslError(
      `gaussianBlur needs an odd kernelSize below ${String(2 * Math.min(height, width))} for images of ` +
        `${String(height)} × ${String(width)}, got ${String(size)}. Choose a smaller odd number.`,
      { from: '@ssl/augment' },
    );
  }
  return tf.tidy(() => {
    const distance = tf.range(0, radius + 1); // [r + 1]
    const spread = tf.reshape(sigma, [-1, 1]);
    const bell = tf.exp(tf.mul(-0.5, tf.square(tf.div(distance, spread)))); // [N, r + 1]
    const twice = tf.sub(2, tf.cast(tf.equal(distance, 0), 'float32')); // every distance but 0 occurs on both sides
    const taps = tf.div(bell, tf.sum(tf.mul(bell, twice), 1, true));
    const identity = tf.cast(tf.equal(distance, 0), 'float32');
    const yes = tf.reshape(applied, [-1, 1]);
    const used = tf.add(tf.mul(yes, taps), tf.mul(tf.sub(1, yes), identity));
    if (fuses([planes])) {
      const blur = ([x, weights]: readonly Tensor[]): Tensor => filterLines(filterLines(x as Planes, weights!, 3), weights!, 2);
      return fused([planes, used], blur, { name: 'blur' }) as Planes;
    }
    const vertical = band(used, height);
    const horizontal = width === height ? vertical : band(used, width);
    return multiplySides(planes, vertical, horizontal, radius);
  });
}

/**
 * Each line along an axis as the weighted sum of those around it, beyond the borders of mirrored ones.
 *
 * @param taps - weights by distance, `[batch, r + 1]`.
 */
function filterLines(planes: Planes, taps: Tensor, axis: 2 | 3): Planes {
  const [batch, reach] = [taps.shape[0]!, taps.shape[1]! - 1];
  const pads: [number, number][] = planes.shape.map((_, at) => (at === axis ? [reach, reach] : [0, 0]));
  const padded = tf.mirrorPad(planes, pads, 'reflect');
  const shifted = (by: number): Tensor => tf.slice(padded, planes.shape.map((_, at) => (at === axis ? reach + by : 0)), planes.shape);
  const weight = (distance: number): Tensor => perImage(tf.slice(taps, [0, distance], [batch, 1]));
  return Array.from({ length: reach }, (_, index) => index + 1).reduce(
    (sum, distance) => tf.add(sum, tf.mul(tf.add(shifted(-distance), shifted(distance)), weight(distance))),
    tf.mul(shifted(0), weight(0)),
  ) as Planes;
}

/** Matrix `[batch, side, side]` of a symmetric filter with reflected borders; `taps` is `[batch, r + 1]`, by distance. */
function band(taps: Tensor, side: number): Tensor3D {
  const reach = taps.shape[1]!;
  const pattern = new Float32Array(reach * side * side); // [r + 1, side, side]: how often pixel j stands at a distance from i
  for (let row = 0; row < side; row++) {
    for (let tap = -(reach - 1); tap < reach; tap++) {
      const raw = Math.abs(row + tap);
      const column = raw < side ? raw : 2 * (side - 1) - raw;
      const at = (Math.abs(tap) * side + row) * side + column;
      pattern[at] = (pattern[at] ?? 0) + 1;
    }
  }
  return tf.reshape(tf.matMul(taps as never, tf.tensor2d(pattern, [reach, side * side])), [-1, side, side]);
}

/**
 * Blurs a share of the images.
 *
 * @throws SslError for an empty or reversed range of sigma.
 * Chen et al. 2020, arXiv:2002.05709, appendix A.
 */
export function gaussianBlur(options: GaussianBlurOptions = {}): Transform<GaussianBlurParameters> {
  return {
    name: 'gaussianBlur',
    imagewise: true,
    draw: ({ batch, key }) => drawGaussianBlur(batch, key, options),
    apply: (planes, parameters) => applyGaussianBlur(planes, parameters, options),
  };
}
