import type { Views } from '@ssl/core';
import { composeViews } from '../transform/compose-views.js';
import { smallImageSettings, viewTransforms, type PresetOptions } from './view-transforms.js';

/**
 * BYOL's two unlike views, which Barlow Twins and MoCo v3 use too: crop from 0.08 of the area (bicubic) with flip, jitter
 * 0.4, 0.4, 0.2, 0.1 (probability 0.8), greyscale (0.2); the first always blurred and never solarized, the second
 * blurred with probability 0.1 and solarized with 0.2.
 *
 * Up to 64 pixels: crops from a quarter of the area, no blur. MoCo v3 with ResNet-50 crops from 0.2.
 *
 * @throws SslError for options out of range.
 * Grill et al. 2020, arXiv:2006.07733, appendix B, table 6.
 */
export function byolViews(options: PresetOptions): Views {
  const { scale, blur } = smallImageSettings(options, { scale: [0.08, 1], blur: 1 });
  const jitter = { brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 };
  const shared = { jitter, greyscale: 0.2, interpolation: 'bicubic', ...options, scale } as const;
  return composeViews([
    viewTransforms({ ...shared, blur }),
    viewTransforms({ ...shared, blur: 0.1 * blur, solarize: 0.2 }),
  ]);
}
