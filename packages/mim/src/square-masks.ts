import { drawRandomMask, maskedCount } from '@ssl/augment';
import { SslError } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** How many squares of which size are hidden. */
export interface SquareMasksOptions {
  /** Rows and columns of patches. */
  readonly grid: readonly [number, number];
  /** Share of hidden squares, 0 to 1. The count is the same in every image. */
  readonly ratio: number;
  /** Side in patches of the squares that are hidden together; SimMIM hides 32 pixels, 2 patches of 16. */
  readonly unit: number;
}

/**
 * SimMIM's masks for `withMasks` of `@ssl/augment`: squares of patches at random places of a grid of squares.
 *
 * @returns Draws the extra `mask`, float32 `[batch, patches]`, 1 where hidden.
 * @throws SslError where the unit does not divide the grid, or nothing is left visible or hidden.
 * @example
 * withMasks(maeViews({ size: 224 }), squareMasks({ grid: [14, 14], ratio: 0.6, unit: 2 })); // 30 of 49 squares are hidden
 *
 * @see Xie et al., SimMIM: A Simple Framework for Masked Image Modeling, section 3.2.
 */
export function squareMasks({ grid, ratio, unit }: SquareMasksOptions): (batch: number, key: Tensor1D) => { mask: Tensor2D } {
  const [rows, columns] = [grid[0] / unit, grid[1] / unit];
  const squares = rows * columns;
  const masked = maskedCount(squares, ratio);
  if (!Number.isInteger(rows) || !Number.isInteger(columns) || masked < 1 || masked >= squares) {
    throw new SslError(
      `squareMasks needs a unit that divides the grid, and at least one hidden and one visible square; got ${grid.join(' x ')} patches, ` +
        `unit ${unit} and ratio ${ratio}. Change the patch size, the unit or the ratio.`,
      { from: '@ssl/mim' },
    );
  }
  return (batch, key) => ({
    mask: tf.tidy(() => {
      const { mask } = drawRandomMask(batch, key, { patches: squares, masked });
      const wide = tf.tile(tf.reshape(mask, [batch, rows, 1, columns, 1]), [1, 1, unit, 1, unit]);
      return tf.reshape<tf.Rank.R2>(wide, [batch, grid[0] * grid[1]]);
    }),
  });
}
