import * as tf from '@tensorflow/tfjs-core';
import { foldIn } from '@ssl/core';
import { drawBlockMask, type BlockMaskOptions } from './block-mask.js';
import { drawMaskCounts, type MaskCountsOptions } from './mask-counts.js';
import { drawRandomMask, type RandomMaskOptions } from './random-mask.js';
import type { DrawMasks } from '../transform/with-masks.js';

/** MAE's masks for {@link withMasks}: `mask`, `keep` and `restore` of {@link drawRandomMask}. */
export function randomMasks(options: RandomMaskOptions): DrawMasks {
  return (batch, key) => drawRandomMask(batch, key, options);
}

/** BEiT's masks for {@link withMasks}: `mask` `[batch, patches]`, 1 where a patch is hidden, rows of the grid one after the other. */
export function blockMasks(options: BlockMaskOptions & { readonly count: number }): DrawMasks {
  const [rows, columns] = options.grid;
  return (batch, key) => ({
    mask: tf.tidy(() => tf.reshape(drawBlockMask(batch, key, options), [batch, rows * columns])),
  });
}

export interface ImageMasksOptions extends Omit<MaskCountsOptions, 'patches'>, Omit<BlockMaskOptions, 'count'> {
  /** Masked views of each image: the global crops. */
  readonly views?: number;
}

/** DINOv2's: half of all views, 10 to 50 % of their patches, blocks of at least four patches. */
export const imageMasksDefaults = { views: 2, minimumBlock: 4 } as const satisfies Partial<ImageMasksOptions>;

/**
 * iBOT's and DINOv2's masks for {@link withMasks}: `masks` `[batch, views, patches]`. Of all `batch · views` views exactly the
 * share `probability` is masked; how many of their patches is spread over `ratio` ({@link drawMaskCounts}), in blocks.
 */
export function imageMasks(options: ImageMasksOptions): DrawMasks {
  const { views, grid, probability, ratio, ...block } = { ...imageMasksDefaults, ...options };
  const patches = grid[0] * grid[1];
  const shares = { ...(probability !== undefined && { probability }), ...(ratio !== undefined && { ratio }) };
  return (batch, key) => ({
    masks: tf.tidy(() => {
      const count = drawMaskCounts(batch * views, foldIn(key, 'counts'), { patches, ...shares });
      const masks = drawBlockMask(batch * views, foldIn(key, 'blocks'), { ...block, grid, count });
      return tf.reshape(masks, [batch, views, patches]);
    }),
  });
}
