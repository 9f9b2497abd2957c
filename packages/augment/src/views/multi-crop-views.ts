import { SslError, type Views } from '@ssl/core';
import { composeViews } from '../transform/compose-views.js';
import type { Transform } from '../transform/transform.js';

/** Some crops of one kind. */
export interface CropGroup {
  /** How many views of this kind. */
  readonly count: number;
  /** What is done to the image for the view of this position in the group, from 0. */
  readonly transforms: (position: number) => readonly Transform[];
}

/**
 * Views of several kinds, group after group: the global crops first, as methods expect them.
 *
 * @throws SslError for a count that is not a whole number, and when there is no view at all.
 * @example
 * ```ts
 * const views = multiCropViews([
 *   { count: 2, transforms: () => viewTransforms({ size: 224, scale: [0.14, 1] }) },
 *   { count: 6, transforms: () => viewTransforms({ size: 96, scale: [0.05, 0.14] }) },
 * ]);
 * ```
 * Caron et al. 2020, arXiv:2006.09882, section 3.2.
 */
export function multiCropViews(groups: readonly CropGroup[]): Views {
  return composeViews(
    groups.flatMap(({ count, transforms }) => {
      if (!Number.isInteger(count) || count < 0) {
        throw new SslError(
          `multiCropViews needs a whole number of views in each group, got ${String(count)}. Correct count.`,
          { from: '@ssl/augment' },
        );
      }
      return Array.from({ length: count }, (_, position) => transforms(position));
    }),
  );
}

/**
 * Side of local crops for a global side: 96 at 224, in steps of about 8 pixels that `patchSize` divides.
 *
 * @param patchSize - Of a Vision Transformer that sees the crops, in pixels; networks without patches take any size.
 */
export function localCropSize(size: number, patchSize = 8): number {
  const step = patchSize * Math.max(1, Math.round(8 / patchSize));
  return step * Math.max(1, Math.round((size * 96) / 224 / step));
}
