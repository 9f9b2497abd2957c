import type { Views } from '@ssl/core';
import { colourJitter } from './colour-jitter.js';
import { composeViews } from './compose-views.js';
import { gaussianBlur } from './gaussian-blur.js';
import { normalize, type NormalizeOptions } from './normalize.js';
import { randomGreyscale } from './random-greyscale.js';
import { randomResizedCrop } from './random-resized-crop.js';
import type { Transform } from './transform.js';

export interface SimclrViewsOptions {
  /** Side of the views in pixels. */
  readonly size: number;
  /** Lowest and highest share of the area that a crop shows; from 0.08, or from 0.25 up to 64 pixels. */
  readonly scale?: readonly [number, number];
  /** Strength of the colour jitter: 1 for ImageNet, 0.5 for CIFAR in the paper. */
  readonly strength?: number;
  /** Probability of the blur: 0.5, or 0 up to 64 pixels, as in the paper's CIFAR runs. */
  readonly blur?: number;
  /** Channels of the images; greyscale, saturation and hue are for 3 only. */
  readonly channels?: number;
  readonly normalization?: NormalizeOptions;
}

/** Views up to this side take the small-image settings. */
const smallSide = 64;

/**
 * SimCLR's two views: random resized crop with flip, colour jitter (probability 0.8), greyscale (0.2), Gaussian blur
 * (0.5, kernel a tenth of the side), normalised.
 *
 * Small images differ: crops from a quarter of the area, since less shows nothing at 32 pixels, and no blur.
 *
 * @throws SslError for options out of range.
 * @example
 * ```ts
 * const views = simclrViews({ size: 32, strength: 0.5 });
 * ```
 * Chen et al. 2020, arXiv:2002.05709, appendix A and B.9.
 */
export function simclrViews(options: SimclrViewsOptions): Views {
  const view = simclrTransforms(options);
  return composeViews([view, view]);
}

/** What is done to an image for one view of {@link simclrViews}. */
export function simclrTransforms(options: SimclrViewsOptions): readonly Transform[] {
  const { size, strength = 1, channels = 3, normalization } = options;
  const small = size <= smallSide;
  const { scale = small ? [0.25, 1] : [0.08, 1], blur = small ? 0 : 0.5 } = options;
  const colour = channels === 3;
  const jitter = {
    brightness: 0.8 * strength,
    contrast: 0.8 * strength,
    saturation: colour ? 0.8 * strength : 0,
    hue: colour ? 0.2 * strength : 0,
  };
  return [
    randomResizedCrop({ size, scale, flip: 0.5 }),
    colourJitter(jitter),
    ...(colour ? [randomGreyscale({ probability: 0.2 })] : []),
    ...(blur > 0 ? [gaussianBlur({ probability: blur })] : []),
    normalize(normalization),
  ];
}
