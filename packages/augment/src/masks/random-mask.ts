import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { rankRows } from '../transform/ranks.js';

export interface RandomMaskOptions {
  /** Patches of an image. */
  readonly patches: number;
  /** How many of them are hidden; {@link maskedCount} of a ratio. */
  readonly masked: number;
}

export type RandomMask = {
  /** 1 where a patch is hidden, float32 `[batch, patches]`; exactly `masked` in each row. */
  readonly mask: Tensor2D;
  /** Indices of the visible patches in random order, int32 `[batch, patches - masked]`. */
  readonly keep: Tensor2D;
  /** Places of the patches in the shuffled order (visible ones first), int32 `[batch, patches]`: undoes the shuffle. */
  readonly restore: Tensor2D;
};

/** Hidden patches of a ratio as MAE counts them: `patches - floor(patches · (1 - ratio))`. */
export function maskedCount(patches: number, ratio: number): number {
  return patches - Math.floor(patches * (1 - ratio));
}

/**
 * Hides exactly `masked` patches of each image, all subsets equally likely: MAE's random masking.
 *
 * @throws SslError unless 0 ≤ masked ≤ patches.
 * @example
 * ```ts
 * const { mask, keep } = drawRandomMask(8, key, { patches: 196, masked: maskedCount(196, 0.75) });
 * keep.shape; // [8, 49]
 * ```
 * He et al. 2021, arXiv:2111.06377, section 3.
 */
export function drawRandomMask(batch: number, key: Tensor1D, { patches, masked }: RandomMaskOptions): RandomMask {
  if (!Number.isInteger(masked) || masked < 0 || masked > patches) {
    throw new SslError(
      `drawRandomMask needs a whole number of masked patches from 0 to ${String(patches)}, got ${String(masked)}. ` +
        'Take maskedCount(patches, ratio).',
      { from: '@ssl/augment' },
    );
  }
  return tf.tidy(() => {
    const visible = patches - masked;
    const { order, rank } = rankRows(randomUniform<tf.Rank.R2>([batch, patches], key));
    return {
      mask: tf.cast<Tensor2D>(tf.greaterEqual(rank, visible), 'float32'),
      keep: tf.slice(order, [0, 0], [batch, visible]),
      restore: rank,
    };
  });
}
