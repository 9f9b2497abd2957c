import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { foldIn } from '@ssl/core';
import { randomNormal, randomUniform } from '@ssl/core/ops';
import { chance } from '../transform/chance.js';
import { checkRange } from '../transform/check-range.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';

export interface RandomErasingOptions {
  readonly probability?: number;
  /** Lowest and highest share of the image's area. */
  readonly scale?: readonly [number, number];
  /** Lowest and highest height over width. */
  readonly ratio?: readonly [number, number];
  /** What stands in the box: a number, or 'noise' for standard normal noise in each pixel. */
  readonly value?: number | 'noise';
}

/** torchvision's defaults. */
export const randomErasingDefaults = {
  probability: 0.5,
  scale: [0.02, 0.33],
  ratio: [0.3, 3.3],
  value: 0,
} as const satisfies RandomErasingOptions;

export type ErasingParameters = {
  /** Of the box, as shares of the image's sides; 0 where nothing is erased. `[batch]`. */
  readonly height: Tensor1D;
  readonly width: Tensor1D;
  /** Place of the box, as shares of the places that it fits into, in [0, 1). */
  readonly top: Tensor1D;
  readonly left: Tensor1D;
  /** Key of the noise, int32 `[2]`. */
  readonly noiseKey: Tensor1D;
};

const tries = 10;

/**
 * Draws boxes as torchvision's `RandomErasing` does: area and log ratio uniform, the first of ten that is smaller than the
 * image, nothing where none is.
 */
export function drawRandomErasing(batch: number, key: Tensor1D, options: RandomErasingOptions = {}): ErasingParameters {
  const { probability, scale, ratio } = { ...randomErasingDefaults, ...options };
  checkRange('randomErasing', 'scale', scale, [0, 1]);
  checkRange('randomErasing', 'ratio', ratio, [Number.MIN_VALUE, Infinity]);
  return tf.tidy(() => {
    const uniforms = randomUniform<tf.Rank.R2>([2 * tries + 3, batch], key);
    const [areas, ratios, ...rest] = tf.split(uniforms, [tries, tries, 1, 1, 1], 0) as [Tensor, Tensor, ...Tensor[]];
    const [top, left, forApplied] = rest.map((row) => tf.reshape(row, [batch])) as [Tensor1D, Tensor1D, Tensor1D];
    const area = tf.add(tf.mul(areas, scale[1] - scale[0]), scale[0]);
    const logs = [Math.log(ratio[0]), Math.log(ratio[1])] as const;
    const shape = tf.exp(tf.add(tf.mul(ratios, logs[1] - logs[0]), logs[0]));
    const heights = tf.sqrt(tf.mul(area, shape));
    const widths = tf.sqrt(tf.div(area, shape));
    const fits = tf.cast(tf.less(tf.maximum(heights, widths), 1), 'float32');
    const order = tf.mul(fits, tf.reshape(tf.range(tries, 0, -1), [tries, 1]));
    const taken = tf.mul(fits, tf.cast(tf.equal(order, tf.max(order, 0)), 'float32'));
    const applied = tf.mul(tf.expandDims(chance(forApplied, probability), 0), taken);
    return {
      height: tf.sum<Tensor1D>(tf.mul(applied, heights), 0),
      width: tf.sum<Tensor1D>(tf.mul(applied, widths), 0),
      top,
      left,
      noiseKey: foldIn(key, 'noise'),
    };
  });
}

/** 1 along a side where the box is, its length rounded to whole pixels and below the side; `[batch, side]`. */
function along(share: Tensor1D, length: Tensor1D, side: number): Tensor2D {
  const size = tf.minimum(tf.round(tf.mul(length, side)), side - 1);
  const first = tf.reshape(tf.floor(tf.mul(share, tf.sub(side + 1, size))), [-1, 1]);
  const pixel = tf.range(0, side);
  const inside = tf.logicalAnd(
    tf.greaterEqual(pixel, first),
    tf.less(pixel, tf.add(first, tf.reshape(size, [-1, 1]))),
  );
  return tf.cast<Tensor2D>(inside as Tensor2D, 'float32');
}

/** Puts `value` into the box of each image. */
export function applyRandomErasing(
  planes: Planes,
  { top, left, height: share, width: breadth, noiseKey }: ErasingParameters,
  { value = randomErasingDefaults.value }: Pick<RandomErasingOptions, 'value'> = {},
): Planes {
  const [, , height, width] = planes.shape;
  return tf.tidy(() => {
    const rows = tf.expandDims(along(top, share, height), 2);
    const columns = tf.expandDims(along(left, breadth, width), 1);
    const inside: Tensor4D = tf.expandDims(tf.matMul(rows, columns), 1);
    const content = value === 'noise' ? randomNormal<tf.Rank.R4>(planes.shape, noiseKey) : tf.scalar(value);
    return tf.add(tf.mul(planes, tf.sub(1, inside)), tf.mul(content, inside));
  });
}

/** Erases a random box: torchvision's `RandomErasing`. Zhong et al. 2017, arXiv:1708.04896. */
export function randomErasing(options: RandomErasingOptions = {}): Transform<ErasingParameters> {
  return {
    name: 'randomErasing',
    draw: ({ batch, key }) => drawRandomErasing(batch, key, options),
    apply: (planes, parameters) => applyRandomErasing(planes, parameters, options),
  };
}
