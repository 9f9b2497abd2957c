import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { resizePatchPositions, resizePositionBiases } from '@ssl/core';
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
  const from = imageSize / patchSize;
  const prefix = positions.shape[1] - from * from;
  const to = Math.sqrt(count - prefix);
  return Number.isInteger(to) ? resizePatchPositions(positions, { prefix, from, to, interpolation }) : positions;
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
