import type { Views } from '@ssl/core';
import { composeViews } from '../transform/compose-views.js';
import { smallImageSettings, viewTransforms, type PresetOptions } from './view-transforms.js';

export interface SimclrViewsOptions extends PresetOptions {
  /** Probability of the blur: 0.5, or 0 up to 64 pixels, as in the paper's CIFAR runs. */
  readonly blur?: number;
}

/**
 * SimCLR's two views: random resized crop (from 0.08 of the area) with flip, colour jitter of `strength` (1 for ImageNet, 0.5 for CIFAR;
 * probability 0.8), greyscale (0.2), Gaussian blur (0.5, kernel a tenth of the side), normalised.
 *
 * Up to 64 pixels: crops from a quarter of the area, since less shows nothing at 32 pixels, and no blur.
 *
 * @throws SslError for options out of range.
 * @example
 * ```ts
 * const views = simclrViews({ size: 32, strength: 0.5 });
 * ```
 * Chen et al. 2020, arXiv:2002.05709, appendix A and B.9.
 */
export function simclrViews(options: SimclrViewsOptions): Views {
  const jitter = { brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2 };
  const settings = smallImageSettings(options, { scale: [0.08, 1], blur: 0.5 });
  const view = viewTransforms({ jitter, greyscale: 0.2, ...settings, ...options });
  return composeViews([view, view]);
}
