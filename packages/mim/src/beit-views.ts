import { applyResizedCrop, centreBoxes, colourJitter, drawRandomResizedCrop, normalize, toImages, toPlanes, type PresetOptions } from '@ssl/augment';
import { foldIn, SslError, withPrecision } from '@ssl/core';
import type { Views } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';

/** How BEiT sees images. */
export interface BeitViewsOptions extends PresetOptions {
  /** Side of the tokenizer's images: its stride times the patches in a row. */
  readonly tokenizerSize: number;
  /** Strength of the jitter of brightness, contrast and saturation; hue stays. */
  readonly jitter?: number;
  /** 'centre': the largest centred square, no flip and no jitter, the same in every epoch, so that tokens can be kept. */
  readonly crop?: 'random' | 'centre';
}

/** The authors' code. */
export const beitViewsDefaults = { scale: [0.08, 1], jitter: 0.4, crop: 'random' } as const;

/**
 * BEiT's view: jitter, crop and flip, bicubic; and the same crop of the same picture for the tokenizer, at its own size and from 0 to 1,
 * as the extra `tokenizerImages`; or, where the loader brings tokens ({@link withCachedTokens}), these as the extra `tokens`. The authors' code resizes the second with Lanczos.
 *
 * @returns One view with its extra.
 * @throws SslError for options out of range, or for tokens with a random crop.
 * @example
 * beitViews({ size: 224, tokenizerSize: 112 }); // patches of 16, tokens of 8 pixels
 *
 * @see Bao et al., BEiT: BERT Pre-Training of Image Transformers, section 3.1 and appendix H.
 */
export function beitViews(options: BeitViewsOptions): Views {
  const { size, tokenizerSize, scale, jitter: strength, crop, channels = 3, normalization } = { ...beitViewsDefaults, ...options };
  const random = crop === 'random';
  const jitter = colourJitter({ brightness: strength, contrast: strength, saturation: channels === 3 ? strength : 0, hue: 0, probability: 1 });
  const normalised = normalize(normalization);
  return ({ images, aspects, key, extras }) => {
    const tokens = extras?.tokens;
    if (tokens !== undefined && random) {
      throw new SslError("beitViews got tokens with the images, which do not fit a random crop. Give crop: 'centre', or a loader without tokens.", {
        from: '@ssl/mim',
      });
    }
    const make = () => {
      const bytes = images.dtype === 'int32' ? tf.div(images, 255) : images;
      const context = { batch: images.shape[0], aspects, key: foldIn(key, 'jitter') };
      const planes = toPlanes(bytes as typeof images);
      const coloured = random && strength > 0 ? jitter.apply(planes, jitter.draw(context)) : planes;
      const boxes = random ? drawRandomResizedCrop(aspects, foldIn(key, 'crop'), { scale, flip: 0.5 }) : centreBoxes(aspects, 1);
      const cut = (side: number) => tf.clipByValue(applyResizedCrop(coloured, boxes, { size: side, interpolation: 'bicubic' }), 0, 1);
      const view = toImages(normalised.apply(cut(size), {}));
      return tokens === undefined ? { view, tokenizerImages: toImages(cut(tokenizerSize)) } : { view, tokens: tf.clone(tokens) };
    };
    const { view, ...rest } = tf.tidy(() => withPrecision('float32', make));
    return { views: [view], extras: rest as Record<string, tf.Tensor> };
  };
}
