import { colourJitter, type ColourJitterOptions } from '../colour/colour-jitter.js';
import { gaussianBlur, gaussianBlurDefaults } from '../blur/gaussian-blur.js';
import { normalize, type NormalizeOptions } from '../colour/normalize.js';
import { randomGreyscale } from '../colour/random-greyscale.js';
import { randomResizedCrop } from '../geometry/random-resized-crop.js';
import type { Interpolation } from '../geometry/resize-weights.js';
import { solarize as solarizeTransform } from '../colour/solarize.js';
import type { Transform } from '../transform/transform.js';

/** What the presets have in common. */
export interface PresetOptions {
  /** Side of the views in pixels. */
  readonly size: number;
  /** Lowest and highest share of the area that a crop shows; the method's own, or from 0.25 for {@link smallSide}. */
  readonly scale?: readonly [number, number];
  /** Channels of the images; 3 if left out. Saturation, hue and greyscale are for 3 only and fall away for others. */
  readonly channels?: number;
  /** Mean and deviation of the channels; ImageNet's for 3 channels. */
  readonly normalization?: NormalizeOptions;
  /** Factor on the strengths of the colour jitter: 1 for the method's own, less where colour tells the images apart. */
  readonly strength?: number;
}

/** One view, as nearly every method builds it: crop, flip, jitter, greyscale, blur, solarize, normalise. */
export interface ViewOptions extends PresetOptions {
  readonly interpolation?: Interpolation;
  /** Probability of the horizontal flip. */
  readonly flip?: number;
  /** Strengths and probability of the colour jitter; none if left out. */
  readonly jitter?: ColourJitterOptions;
  /** Probability of greyscale. */
  readonly greyscale?: number;
  /** Probability of the Gaussian blur. */
  readonly blur?: number;
  /** Side of the blur's kernel in pixels; a tenth of the view if left out. */
  readonly blurKernel?: number;
  /** Range of the blur's standard deviation in pixels. */
  readonly blurSigma?: readonly [number, number];
  /** Probability of solarization. */
  readonly solarize?: number;
}

/** Views up to this side take the small-image settings of the presets: crops from a quarter of the area, no blur. */
export const smallSide = 64;

/** Range of the crop and probability of the blur, with the small-image settings where the view is small. */
export function smallImageSettings(
  { size, scale }: PresetOptions,
  usual: { readonly scale: readonly [number, number]; readonly blur: number },
): { readonly scale: readonly [number, number]; readonly blur: number } {
  const small = size <= smallSide;
  return { scale: scale ?? (small ? [0.25, 1] : usual.scale), blur: small ? 0 : usual.blur };
}

/**
 * The transforms of one view, in the order that SimCLR, BYOL, MoCo v2, SwAV, DINO and VICReg share. What is left out or
 * has probability 0 costs nothing.
 *
 * @throws SslError for options out of range.
 * @example
 * ```ts
 * const view = viewTransforms({ size: 32, jitter: { hue: 0.1 }, greyscale: 0.2, blur: 0 });
 * const views = composeViews([view, view]);
 * ```
 */
export function viewTransforms(options: ViewOptions): readonly Transform[] {
  const { size, scale = [0.08, 1], interpolation = 'bilinear', flip = 0.5, channels = 3, strength = 1 } = options;
  const { jitter, greyscale = 0, blur = 0, blurKernel, blurSigma, solarize = 0 } = options;
  const colour = channels === 3;
  return [
    randomResizedCrop({ size, scale, interpolation, flip }),
    ...(jitter ? [colourJitter(scaled(jitter, strength, colour))] : []),
    ...(greyscale > 0 && colour ? [randomGreyscale({ probability: greyscale })] : []),
    ...(blur > 0
      ? [
          gaussianBlur({
            probability: blur,
            sigma: blurSigma ?? gaussianBlurDefaults.sigma,
            ...(blurKernel !== undefined && { kernelSize: blurKernel }),
          }),
        ]
      : []),
    ...(solarize > 0 ? [solarizeTransform({ probability: solarize })] : []),
    normalize(options.normalization),
  ];
}

function scaled({ brightness = 0, contrast = 0, saturation = 0, hue = 0, ...rest }: ColourJitterOptions, strength: number, colour: boolean): ColourJitterOptions {
  const tint = colour ? { saturation: saturation * strength, hue: hue * strength } : { saturation: 0, hue: 0 };
  return { ...rest, brightness: brightness * strength, contrast: contrast * strength, ...tint };
}
