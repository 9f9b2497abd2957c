import type { Views } from '@ssl/core';
import { composeViews } from '../transform/compose-views.js';
import { smallImageSettings, viewTransforms, type PresetOptions } from './view-transforms.js';

/**
 * MAE's one view: crop from 0.2 of the area (bicubic) with flip, no colour.
 *
 * Up to 64 pixels: crops from a quarter of the area.
 *
 * @throws SslError for options out of range.
 * He et al. 2021, arXiv:2111.06377, appendix A.1.
 */
export function maeViews(options: PresetOptions): Views {
  const { scale } = smallImageSettings(options, { scale: [0.2, 1], blur: 0 });
  return composeViews([viewTransforms({ interpolation: 'bicubic', ...options, scale })]);
}
