import { apply, backboneBranch, backboneFeatures, childSeed, defineMethod, requireVisionTransformer, SslError } from '@ssl/core';
import type { Backbone, PicturesInput, SslMethod, TensorRecord, TokenOutput, Variables } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { maeDecoder } from './mae-decoder.js';
import { maeLoss, maeLossDefaults, patchStatistics } from './mae-loss.js';
import { maePictures } from './mae-pictures.js';
import { patchify, unpatchify } from './patchify.js';

/** Encoder and decoder of MAE. */
export interface MaeOptions {
  /** A Vision Transformer; the paper's has `positions: 'sincos'` and `initialisation: 'mae'`. */
  readonly backbone: Backbone;
  /** Features, blocks and heads of the decoder. */
  readonly decoderWidth?: number;
  readonly decoderDepth?: number;
  readonly decoderHeads?: number;
  /** Targets are the pixels of each patch at mean 0 and deviation 1. */
  readonly normalizeTargets?: boolean;
}

/** The paper's decoder. */
export const maeDefaults = {
  decoderWidth: 512,
  decoderDepth: 8,
  decoderHeads: 16,
  normalizeTargets: maeLossDefaults.normalizeTargets,
} as const;

/** Which patches are hidden, as `randomMasks` of `@ssl/augment` draws it. */
export interface HiddenPatches {
  readonly mask: Tensor2D;
  readonly keep: Tensor2D;
  readonly restore: Tensor2D;
}

/** Weights, images and what is hidden of them. */
export interface ReconstructInput<Aux> {
  readonly params: TensorRecord;
  readonly aux: Aux;
  /** Normalised as in training, `[batch, height, width, channels]`. */
  readonly images: Tensor4D;
  readonly hidden: HiddenPatches;
}

/** Pictures in the units of the images that were given. */
export interface Reconstruction {
  /** The image with 0 in the hidden patches: what the network saw. */
  readonly masked: Tensor4D;
  /** What the network predicts, in every patch. */
  readonly predicted: Tensor4D;
  /** The visible patches of the image, and the prediction in the hidden ones. */
  readonly pasted: Tensor4D;
}

type Aux = { readonly buffers: TensorRecord };
type Outputs = {
  readonly features: Tensor2D;
  readonly predictions: Tensor3D;
  readonly patches: Tensor3D;
  readonly mask: Tensor2D;
};

/** MAE as a method that also draws what it reconstructs. */
export interface MaeMethod extends SslMethod<Aux, Outputs, Record<string, never>> {
  /**
   * Pictures of what the network makes of the hidden patches. With normalised targets the network says nothing of a patch's
   * brightness and contrast: the true patch's mean and deviation are put back, as in the paper's figures.
   */
  reconstruct(input: ReconstructInput<Aux>): Reconstruction;
}

/**
 * MAE: an encoder sees a quarter of an image's patches, and a light decoder says what the pixels of the others are.
 *
 * One view with the extras of `randomMasks`. The encoder's blocks run on the visible patches alone. Evaluated: the encoder on
 * whole images, by fine-tuning or a linear probe.
 *
 * @returns A method with coupling `none`.
 * @throws SslError for a backbone that is no Vision Transformer or has relative positions.
 * @example
 * const method = mae({ backbone: vitBase({ positions: 'sincos', initialisation: 'mae' }) });
 * const views = withMasks(maeViews({ size: 224 }), randomMasks({ patches: 196, masked: maskedCount(196, 0.75) }));
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners.
 */
export function mae(options: MaeOptions): MaeMethod {
  const { decoderWidth, decoderDepth, decoderHeads, normalizeTargets, ...given } = { ...maeDefaults, ...options };
  const backbone = requireVisionTransformer(given.backbone, 'mae');
  const { imageSize, patchSize, channels, positions, width } = backbone.options;
  if (positions === 'relative') {
    throw new SslError("mae leaves patches out and needs absolute positions, got 'relative'. Use positions: 'sincos'.", { from: '@ssl/mim' });
  }
  const decoder = maeDecoder({
    inputs: width,
    width: decoderWidth,
    depth: decoderDepth,
    heads: decoderHeads,
    side: imageSize / patchSize,
    prefixTokens: backbone.prefixTokens,
    outputs: patchSize * patchSize * channels,
  });

  /** Encoder and decoder; the decoder's variables are the branch `decoder`. */
  function predict(variables: Variables, images: Tensor4D, { keep, restore }: HiddenPatches, mode: Parameters<typeof apply>[3]) {
    const branch = (name: string): Variables => ({
      params: variables.params[name] as TensorRecord,
      buffers: (variables.buffers[name] ?? {}) as TensorRecord,
    });
    const { output } = apply(backbone.encoder, branch('backbone'), [{ images, visible: keep }], mode);
    const seen = output[0]!;
    const { output: predictions } = apply(decoder, branch('decoder'), { tokens: allTokens(seen), restore }, mode);
    return { predictions, features: seen.cls ?? tf.mean<Tensor2D>(seen.patches, 1) };
  }

  const method = defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'mae',
    batch: { views: 1, extras: ['mask', 'keep', 'restore'] },
    coupling: 'none',
    schedules: {},
    groups: [],
    monitor: ({ features }) => features,
    collapse: normalizeTargets
      ? [
          {
            metric: 'loss',
            value: 1,
            tolerance: 0.005,
            diagnosis: 'every prediction is the mean of its patch, which costs 1: the decoder has learned nothing yet',
            remedy: 'train longer, raise the learning rate, check that the images are not blank',
          },
        ]
      : [],

    init(seed) {
      const encoder = backbone.init(seed);
      const rest = decoder.init(childSeed(seed, 'decoder'));
      return {
        params: { backbone: encoder.params, decoder: rest.params },
        aux: { buffers: { backbone: encoder.buffers, decoder: rest.buffers } },
      };
    },

    forward({ params, aux, views, extras, training, key }) {
      const images = views[0]!;
      const hidden = extras as unknown as HiddenPatches;
      const { predictions, features } = predict({ params, buffers: aux.buffers }, images, hidden, { training, key });
      return { outputs: { features, predictions, patches: patchify(images, patchSize), mask: hidden.mask } };
    },

    objective: ({ outputs: { predictions, patches, mask } }) => ({
      loss: maeLoss({ predictions, patches, mask, normalizeTargets }),
      metrics: {},
      carry: {},
    }),

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });

  const whole: MaeMethod = Object.freeze({
    ...method,
    pictures: (input: PicturesInput<Aux>) => maePictures(whole, input),
    reconstruct({ params, aux, images, hidden }: ReconstructInput<Aux>): Reconstruction {
      return tf.tidy(() => {
        const { predictions } = predict({ params, buffers: aux.buffers }, images, hidden, { training: false });
        const patches = patchify(images, patchSize);
        const { mean, deviation } = patchStatistics(patches);
        const pixels = normalizeTargets ? tf.add<Tensor3D>(tf.mul(predictions, deviation), mean) : predictions;
        const mask = tf.expandDims<Tensor3D>(hidden.mask, 2);
        const visible = tf.mul<Tensor3D>(patches, tf.sub(1, mask));
        const picture = (x: Tensor3D): Tensor4D => unpatchify(x, patchSize, images.shape);
        const pictures = {
          masked: picture(visible),
          predicted: picture(pixels),
          pasted: picture(tf.add(visible, tf.mul(pixels, mask))),
        };
        return pictures as unknown as tf.TensorContainer;
      }) as unknown as Reconstruction;
    },
  });
  return whole;
}

/** Class token, registers and patches in one row. */
function allTokens({ cls, registers, patches }: TokenOutput): Tensor3D {
  const before = [...(cls ? [tf.expandDims<Tensor3D>(cls, 1)] : []), ...(registers ? [registers] : [])];
  return before.length === 0 ? patches : tf.concat([...before, patches], 1);
}
