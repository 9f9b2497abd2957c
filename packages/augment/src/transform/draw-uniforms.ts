import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { randomUniform } from '@ssl/core/ops';

/**
 * Independent uniform numbers, one of each name for each image: one random operation however many names there are.
 *
 * @param ranges - `{ brightness: [0.2, 1.8] }`: lowest (included) and highest value (excluded).
 * @returns `[batch]` of each name, float32.
 */
export function drawUniforms<Name extends string>(
  batch: number,
  key: Tensor1D,
  ranges: Readonly<Record<Name, readonly [number, number]>>,
): Record<Name, Tensor1D> {
  const names = Object.keys(ranges) as Name[];
  return tf.tidy(() => {
    const rows = tf.unstack(randomUniform([names.length, batch], key)) as Tensor1D[];
    const scaled = rows.map((row, index) => {
      const [low, high] = ranges[names[index]!];
      return low === 0 && high === 1 ? row : tf.add<Tensor1D>(tf.mul(row, high - low), low);
    });
    return Object.fromEntries(names.map((name, index) => [name, scaled[index]])) as Record<Name, Tensor1D>;
  });
}
