import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import { resizePositionBiases, resizePositions } from '@ssl/core';
import type { BackboneDescription } from './backbone-description.js';

/**
 * Position embeddings for another number of patches, resized as the network of `description` resizes them.
 *
 * @param positions - `[1, prefix + side², width]`.
 * @param count - Positions wanted, with as many before the patches.
 */
export function fitPositions(positions: Tensor3D, count: number, description: BackboneDescription): Tensor3D {
  if (description.kind !== 'vision-transformer' || positions.shape[1] === count) return positions;
  const { imageSize = 224, patchSize = 16, interpolation = 'antialiased' } = description.options;
  const side = imageSize / patchSize;
  const [, length, width] = positions.shape;
  const prefix = length - side * side;
  const wanted = Math.sqrt(count - prefix);
  if (!Number.isInteger(wanted)) return positions;
  return tf.tidy(() => {
    const patches = resizePositions(tf.slice3d(positions, [0, prefix, 0], [1, side * side, width]), side, [wanted, wanted], interpolation);
    return prefix === 0 ? patches : tf.concat([tf.slice3d(positions, [0, 0, 0], [1, prefix, width]), patches], 1);
  });
}

/**
 * A table of relative position biases for another number of patches.
 *
 * @param table - `[(2 side - 1)^2 + 3, heads]`.
 * @param entries - Rows wanted.
 */
export function fitPositionBiases(table: Tensor2D, entries: number, description: BackboneDescription): Tensor2D {
  if (description.kind !== 'vision-transformer' || table.shape[0] === entries) return table;
  const { imageSize = 224, patchSize = 16 } = description.options;
  const wanted = (Math.sqrt(entries - 3) + 1) / 2;
  return Number.isInteger(wanted) ? resizePositionBiases(table, imageSize / patchSize, wanted) : table;
}
