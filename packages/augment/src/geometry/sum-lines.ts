import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { fused, fuses } from '@ssl/core/ops';
import type { Planes } from '../transform/planes.js';
import type { ResizeTaps } from './resize-weights.js';

/**
 * Each line along an axis as a weighted sum of neighbouring lines, the same for all channels of an image:
 * `out[n, c, i, x] = Σ_k weights[n, i, k] · planes[n, c, first[n, i] + k, x]` for axis 2, and likewise for axis 3.
 *
 * @param axis - 2: lines are rows; 3: they are columns.
 * @returns planes with as many lines as `first` has columns.
 */
export function sumLines(planes: Planes, { first, weights }: ResizeTaps, axis: 2 | 3): Planes {
  // In single operations rows are copied whole, columns would be copied number by number.
  if (axis === 3 && !fuses([planes], leastSize)) return tf.tidy(() => turned(gatherAndSum(turned(planes), first, weights, 2)));
  const sums = fused([planes, first, weights], ([x, start, taps]) => gatherAndSum(x as Planes, start as Tensor2D, taps as Tensor3D, axis), {
    name: `sum of lines along ${String(axis)}`,
    leastSize,
  });
  return sums as Planes;
}

/** An image of 256 px and three channels: compiled, the sums take a fifth of the time, and each batch has many of them. */
const leastSize = 3 * 256 * 256;

const turned = (planes: Planes): Planes => tf.transpose(planes, [0, 1, 3, 2]);

function gatherAndSum(planes: Planes, first: Tensor2D, weights: Tensor3D, axis: 2 | 3): Planes {
  const [batch, lines, count] = weights.shape;
  const shape = axis === 2 ? [batch, 1, lines, 1] : [batch, 1, 1, lines];
  const tap = (index: number): Tensor => {
    const weight = tf.reshape(tf.slice(weights, [0, 0, index], [batch, lines, 1]), shape);
    return tf.mul(tf.gather(planes, tf.add<Tensor2D>(first, tf.scalar(index, 'int32')), axis, 1), weight);
  };
  return Array.from({ length: count }, (_, index) => tap(index)).reduce((sum, next) => tf.add(sum, next)) as Planes;
}
