import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { foldIn } from '@ssl/core';
import { randomPermutation, randomUniform } from '@ssl/core/ops';
import { checkRange } from '../transform/check-range.js';

export interface MaskCountsOptions {
  /** Patches of an image. */
  readonly patches: number;
  /** Share of the images that are masked at all. */
  readonly probability?: number;
  /** Lowest and highest share of hidden patches in a masked image. */
  readonly ratio?: readonly [number, number];
}

/** iBOT's (0.3 ± 0.2 of half the images) and DINOv2's. */
export const maskCountsDefaults = { probability: 0.5, ratio: [0.1, 0.5] } as const satisfies Partial<MaskCountsOptions>;

/**
 * How many patches are hidden in each image: exactly `floor(batch · probability)` images are masked; the range of ratios is cut
 * into as many equal parts, one for each of them, and a ratio is drawn uniformly from the part: DINOv2's collation.
 *
 * @returns whole numbers, float32 `[batch]`, 0 for images that are not masked, in random order.
 * @throws SslError for a ratio out of 0..1.
 * Oquab et al. 2023, arXiv:2304.07193; the reference implementation's `collate_data_and_cast`.
 */
export function drawMaskCounts(batch: number, key: Tensor1D, options: MaskCountsOptions): Tensor1D {
  const { patches, probability, ratio } = { ...maskCountsDefaults, ...options };
  checkRange('drawMaskCounts', 'ratio', ratio, [0, 1]);
  checkRange('drawMaskCounts', 'probability', [0, probability], [0, 1]);
  const masked = Math.floor(batch * probability);
  if (masked === 0) return tf.zeros([batch]);
  return tf.tidy(() => {
    const width = (ratio[1] - ratio[0]) / masked;
    const parts = tf.add(tf.range(0, masked), randomUniform<tf.Rank.R1>([masked], foldIn(key, 'ratio')));
    const counts = tf.floor(tf.mul(tf.add(tf.mul(parts, width), ratio[0]), patches)) as Tensor1D;
    const all = masked < batch ? tf.concat([counts, tf.zeros([batch - masked])]) : counts;
    return tf.gather<Tensor1D>(all as Tensor1D, randomPermutation(batch, foldIn(key, 'order')));
  });
}
