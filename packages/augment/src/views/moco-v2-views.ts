import type { Views } from '@ssl/core';
import { composeViews } from '../transform/compose-views.js';
import { smallImageSettings, viewTransforms, type PresetOptions } from './view-transforms.js';

/**
 * MoCo v2's two views, which SimSiam uses too: crop from 0.2 of the area with flip, jitter 0.4, 0.4, 0.4, 0.1
 * (probability 0.8), greyscale (0.2), blur (0.5).
 *
 * Up to 64 pixels: crops from a quarter of the area, no blur.
 *
 * @throws SslError for options out of range.
 * Chen et al. 2020, arXiv:2003.04297; the reference implementation's `--aug-plus`.
 */
export function mocoV2Views(options: PresetOptions): Views {
  const settings = smallImageSettings(options, { scale: [0.2, 1], blur: 0.5 });
  const jitter = { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 };
  const view = viewTransforms({ jitter, greyscale: 0.2, ...settings, ...options });
  return composeViews([view, view]);
}
