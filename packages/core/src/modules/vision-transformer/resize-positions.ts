import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { cubicResizeMatrix } from './cubic-resize-matrix.js';
import type { ResolvedVisionTransformer } from './vision-transformer-options.js';

type Interpolation = ResolvedVisionTransformer['interpolation'];

/**
 * Position embeddings for another grid: each feature's map is resized bicubically, as two matrix products, so that the
 * gradient reaches the embeddings.
 *
 * @param positions - `[1, from * from, width]`.
 * @param from - Side of the square grid for which they were made.
 * @param grid - Rows and columns wanted.
 * @returns `[1, rows * columns, width]`.
 */
export function resizePositions(
  positions: Tensor3D,
  from: number,
  grid: readonly [number, number],
  interpolation: Interpolation,
): Tensor3D {
  const [rows, columns] = grid;
  if (rows === from && columns === from) return positions;
  const width = positions.shape[2];
  const matrix = (to: number): tf.Tensor2D => {
    // DINO adds 0.1 so that the factor, cut to whole pixels, cannot come out one too small.
    const factor = interpolation === 'dino' ? (to + 0.1) / from : to / from;
    return tf.tensor2d(cubicResizeMatrix(from, to, factor, interpolation === 'antialiased'), [to, from]);
  };
  return tf.tidy(() => {
    const vertical = tf.matMul(matrix(rows), tf.reshape<tf.Rank.R2>(positions, [from, from * width]));
    const turned = tf.transpose(tf.reshape(vertical, [rows, from, width]), [1, 0, 2]);
    const both = tf.matMul(matrix(columns), tf.reshape<tf.Rank.R2>(turned, [from, rows * width]));
    const grids = tf.transpose(tf.reshape(both, [columns, rows, width]), [1, 0, 2]);
    return tf.reshape<tf.Rank.R3>(grids, [1, rows * columns, width]);
  });
}

export interface PatchPositionsOptions {
  /** Tokens before the patches, which keep their positions. */
  readonly prefix: number;
  /** Sides of the square grids, there and wanted. */
  readonly from: number;
  readonly to: number;
  readonly interpolation: Interpolation;
}

/**
 * {@link resizePositions} of the patches behind other tokens.
 *
 * @param positions - `[1, prefix + from * from, width]`.
 * @returns `[1, prefix + to * to, width]`.
 */
export function resizePatchPositions(positions: Tensor3D, { prefix, from, to, interpolation }: PatchPositionsOptions): Tensor3D {
  const width = positions.shape[2];
  return tf.tidy(() => {
    const patches = resizePositions(tf.slice3d(positions, [0, prefix, 0], [1, from * from, width]), from, [to, to], interpolation);
    return prefix === 0 ? patches : tf.concat([tf.slice3d(positions, [0, 0, 0], [1, prefix, width]), patches], 1);
  });
}
