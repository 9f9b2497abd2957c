import type { Views } from '@ssl/core';
import { centreCrop, type CentreCropOptions } from '../geometry/centre-crop.js';
import { composeViews } from '../transform/compose-views.js';
import { normalize, type NormalizeOptions } from '../colour/normalize.js';

export interface EvalViewsOptions extends CentreCropOptions {
  /** Mean and deviation of the channels; ImageNet's if left out. */
  readonly normalization?: NormalizeOptions;
}

/**
 * The one view that evaluation sees: centre crop of the original's shorter side, resized, normalised. Not random.
 *
 * @example
 * ```ts
 * const views = evalViews({ size: 224, share: 224 / 256 });
 * ```
 */
export function evalViews({ normalization, ...crop }: EvalViewsOptions): Views {
  return composeViews([[centreCrop(crop), normalize(normalization)]]);
}
