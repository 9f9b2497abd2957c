import type { Views } from '@ssl/core';
import { localCropSize, multiCropViews } from './multi-crop-views.js';
import { smallImageSettings, viewTransforms, type PresetOptions } from './view-transforms.js';

export interface MultiCropPresetOptions extends PresetOptions {
  /** Side of the local crops; 96 at 224. */
  readonly localSize?: number;
  /** Side of the patches of the network that sees them, in pixels: `localSize` is a multiple of it where it is left out. */
  readonly patchSize?: number;
  /** How many local crops; the method's own if left out. */
  readonly localCount?: number;
  /** Lowest and highest share of the area that a local crop shows. */
  readonly localScale?: readonly [number, number];
}

/**
 * SwAV's views: 2 crops of 0.14 to 1 of the area and `localCount` (6) small ones of 0.05 to 0.14, with SimCLR's jitter of
 * strength 1 (probability 0.8), greyscale (0.2), blur (0.5).
 *
 * Up to 64 pixels: global crops from a quarter of the area, local ones below it, no blur.
 *
 * @throws SslError for options out of range.
 * Caron et al. 2020, arXiv:2006.09882, appendix A; the reference implementation's 800-epoch command.
 */
export function swavViews(options: MultiCropPresetOptions): Views {
  const { size, channels, normalization, strength, patchSize, localSize = localCropSize(size, patchSize), localCount = 6 } = options;
  const { scale, blur } = smallImageSettings(options, { scale: [0.14, 1], blur: 0.5 });
  const { localScale = [0.05, scale[0]] } = options;
  const shared = {
    jitter: { brightness: 0.8, contrast: 0.8, saturation: 0.8, hue: 0.2 },
    greyscale: 0.2,
    blur,
    ...(channels !== undefined && { channels }),
    ...(normalization && { normalization }),
    ...(strength !== undefined && { strength }),
  };
  return multiCropViews([
    { count: 2, transforms: () => viewTransforms({ ...shared, size, scale }) },
    { count: localCount, transforms: () => viewTransforms({ ...shared, size: localSize, scale: localScale }) },
  ]);
}
