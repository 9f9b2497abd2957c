import type { Views } from '@ssl/core';
import { localCropSize, multiCropViews } from './multi-crop-views.js';
import type { MultiCropPresetOptions } from './swav-views.js';
import { smallImageSettings, viewTransforms } from './view-transforms.js';

/** Where DINO and DINOv2 differ. */
interface DinoSettings {
  readonly scale: readonly [number, number];
  readonly blurKernel?: number;
}

function dinoLikeViews(options: MultiCropPresetOptions, { scale: usual, blurKernel }: DinoSettings): Views {
  const { size, channels, normalization, strength, patchSize, localSize = localCropSize(size, patchSize), localCount = 8 } = options;
  const { scale, blur } = smallImageSettings(options, { scale: usual, blur: 1 });
  const { localScale = [0.05, scale[0]] } = options;
  const shared = {
    interpolation: 'bicubic',
    jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.2, hue: 0.1 },
    greyscale: 0.2,
    ...(blurKernel !== undefined && { blurKernel }),
    ...(channels !== undefined && { channels }),
    ...(normalization && { normalization }),
    ...(strength !== undefined && { strength }),
  } as const;
  const globalViews = [
    viewTransforms({ ...shared, size, scale, blur }),
    viewTransforms({ ...shared, size, scale, blur: 0.1 * blur, solarize: 0.2 }),
  ] as const;
  return multiCropViews([
    { count: 2, transforms: (position) => (position === 0 ? globalViews[0] : globalViews[1]) },
    {
      count: localCount,
      transforms: () => viewTransforms({ ...shared, size: localSize, scale: localScale, blur: 0.5 * blur }),
    },
  ]);
}

/**
 * DINO's views: 2 global crops of 0.4 to 1 of the area and `localCount` (8) local ones of 0.05 to 0.4 (bicubic), flip,
 * jitter 0.4, 0.4, 0.2, 0.1 (probability 0.8), greyscale (0.2); blur always on the first global crop, with probability 0.1 on
 * the second, which is solarized with 0.2, and with 0.5 on local ones. iBOT uses the same.
 *
 * Up to 64 pixels: global crops from a quarter of the area, local ones below it, no blur.
 *
 * @throws SslError for options out of range.
 * Caron et al. 2021, arXiv:2104.14294, appendix; the reference implementation's `DataAugmentationDINO`.
 */
export function dinoViews(options: MultiCropPresetOptions): Views {
  return dinoLikeViews(options, { scale: [0.4, 1] });
}

/**
 * DINOv2's views: {@link dinoViews} with global crops of 0.32 to 1, local ones of 0.05 to 0.32, and a blur of 9 pixels.
 *
 * @throws SslError for options out of range.
 * Oquab et al. 2023, arXiv:2304.07193; the reference implementation's default configuration.
 */
export function dinoV2Views(options: MultiCropPresetOptions): Views {
  return dinoLikeViews(options, { scale: [0.32, 1], blurKernel: 9 });
}
