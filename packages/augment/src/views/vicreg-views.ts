import type { Views } from '@ssl/core';
import { composeViews } from '../transform/compose-views.js';
import { smallImageSettings, viewTransforms, type PresetOptions } from './view-transforms.js';

/**
 * VICReg's two views: crop from 0.08 of the area (bicubic) with flip, jitter 0.4, 0.4, 0.2, 0.1 (probability 0.8),
 * greyscale (0.2), blur (0.5), solarization (0.1), the same for both views.
 *
 * Up to 64 pixels: crops from a quarter of the area, no blur. The published code takes {@link byolViews} instead.
 *
 * @throws SslError for options out of range.
 * Bardes et al. 2021, arXiv:2105.04906, appendix C.1.
 */
export function vicregViews(options: PresetOptions): Views {
  const settings = smallImageSettings(options, { scale: [0.08, 1], blur: 0.5 });
  const jitter = { brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 };
  const view = viewTransforms({ jitter, greyscale: 0.2, solarize: 0.1, interpolation: 'bicubic', ...settings, ...options });
  return composeViews([view, view]);
}
