import { apply, backboneBranch, backboneFeatures, childSeed, cosine, defineMethod, linearRamp, sequential, SslError } from '@ssl/core';
import type { Backbone, Module, Schedule, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { codebookCollapse, codebookUse } from './codebook-use.js';
import { dvaeDecoder, dvaeTokenHead, dvaeTrunk, type DvaeNetworkOptions } from './dvae-networks.js';
import { gumbelNoise, gumbelSoftmax, gumbelSoftmaxDefaults } from './gumbel-softmax.js';
import { klToUniform } from './kl-to-uniform.js';
import { logitLaplaceLoss, logitLaplacePictures, mapPixels } from './logit-laplace.js';
import type { TokenizerMethod } from './tokenizer.js';

/** Sizes of the dVAE, and how its tokens are drawn while it learns. */
export interface DvaeOptions extends Partial<DvaeNetworkOptions> {
  /** Temperature of the relaxation. */
  readonly temperature?: Schedule;
  /** Weight of the divergence from uniform tokens, for each token; it is divided by the pixels of a token. */
  readonly klWeight?: Schedule;
  /** One-hot tokens for the decoder in training; the paper's are soft. */
  readonly straightThrough?: boolean;
}

/** The paper's; its runs have 3 million steps. */
export const dvaeDefaults = {
  channels: 3,
  vocabulary: 8192,
  width: 256,
  groups: 4,
  blocks: 2,
  temperature: cosine(1, 1 / 16, 150_000),
  klWeight: linearRamp(0, 6.6, 5000),
  straightThrough: gumbelSoftmaxDefaults.straightThrough,
} as const;

type Aux = { readonly buffers: TensorRecord };
type Outputs = {
  /** How probable each token is, mean over the patches, `[batch, vocabulary]`. */
  readonly features: Tensor2D;
  /** Of the tokens, `[batch, tokens, vocabulary]`. */
  readonly logits: Tensor3D;
  /** `[batch, height, width, 2 channels]`. */
  readonly decoded: Tensor4D;
  readonly images: Tensor4D;
};

/** The dVAE as a method, and as the tokenizer that it becomes. */
export interface DvaeMethod extends TokenizerMethod<Aux, Outputs, Record<string, never>> {
  /** What the decoder draws from the most likely tokens of images from 0 to 1; pictures of the same size and range. */
  reconstruct(input: { readonly params: TensorRecord; readonly images: Tensor4D }): Tensor4D;
}

/**
 * The discrete variational autoencoder that is BEiT's tokenizer: an image becomes a grid of tokens, from which it is drawn again.
 *
 *     L = -ln p(x | z) / (height width channels) + klWeight KL(q(z | x) || uniform) / (height width channels)
 *
 * z is drawn from q by a Gumbel softmax, p is a Laplace distribution over the logits of pixels. One view from 0 to 1, not
 * normalised, with sides that are multiples of `2^(groups - 1)`. Metrics: reconstruction, KL for each token, squared error of the
 * pictures, perplexity and share of the vocabulary in use. Evaluated: the mean probabilities of the tokens.
 *
 * @returns A method with coupling `none`, and its `tokenizer`.
 * @throws SslError for sizes below 1.
 * @example
 * const method = dvae({ vocabulary: 512, width: 64, groups: 3, blocks: 1 }); // tokens of 4 x 4 pixels
 *
 * @see Ramesh et al., Zero-Shot Text-to-Image Generation, section 2.1 and appendix A; Bao et al., BEiT, section 2.1.2.
 */
export function dvae(options: DvaeOptions = {}): DvaeMethod {
  const settings = { ...dvaeDefaults, ...options };
  const { vocabulary, groups, straightThrough, channels } = settings;
  if (!(vocabulary >= 2 && groups >= 1 && settings.width >= 4 && settings.blocks >= 1)) {
    throw new SslError(
      `dvae needs a vocabulary of 2 or more, a width of 4 or more, and a group and a block at least, got vocabulary ${vocabulary}, width ${settings.width}, groups ${groups}, blocks ${settings.blocks}.`,
      { from: '@ssl/mim' },
    );
  }
  const stride = 2 ** (groups - 1);
  const [trunk, head, decoder] = [dvaeTrunk(settings), dvaeTokenHead(settings), dvaeDecoder(settings)];
  const run = <Input, Output>(module: Module<Input, Output>, params: unknown, input: Input): Output =>
    apply(module, { params: params as TensorRecord, buffers: {} }, input, { training: false }).output;
  const encoder = sequential<Tensor4D, Tensor4D>({ trunk: trunk as unknown as Module, head: head as unknown as Module });
  const backbone: Backbone = {
    name: 'dvae',
    featureDimension: vocabulary,
    init: (seed) => encoder.init(seed),
    featureMap: (scope, images) => encoder.forward(scope, mapPixels(images)),
    forward: (scope, images) => bagOfTokens(encoder.forward(scope, mapPixels(images))),
  };
  /** Logits `[batch, rows, columns, vocabulary]`. */
  const encode = (params: TensorRecord, images: Tensor4D): Tensor4D => run(encoder, params.backbone, mapPixels(images));
  const oneHot = (logits: Tensor4D): Tensor4D => tf.cast(tf.oneHot(tf.argMax(logits, 3), vocabulary) as Tensor4D, 'float32');

  const method = defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'dvae',
    batch: { views: 1 },
    coupling: 'none',
    schedules: { temperature: settings.temperature, klWeight: settings.klWeight },
    groups: [],
    // Watched by its tokens: images whose mean probabilities are alike are no sign of collapse.
    monitor: false,
    collapse: [
      codebookCollapse('raise the weight of the KL term from the start, lower the learning rate, check that the images are not blank'),
      {
        name: 'uniform-tokens',
        metric: 'kl',
        value: 0,
        tolerance: 0.01,
        diagnosis: 'the encoder finds all tokens equally likely for every patch: the decoder learns nothing from them',
        remedy: 'lower the weight of the KL term or raise it more slowly, raise the learning rate',
      },
    ],

    init: (seed) => ({
      params: {
        backbone: encoder.init(childSeed(seed, 'backbone')).params,
        decoder: decoder.init(childSeed(seed, 'decoder')).params,
      },
      aux: { buffers: {} },
    }),

    forward({ params, views, schedules, training, key }) {
      const images = views[0]!;
      const logits = encode(params, images);
      const [batch, rows, columns] = logits.shape;
      const tokens = training
        ? gumbelSoftmax(logits, gumbelNoise(logits.shape, key), { temperature: schedules.temperature!, straightThrough })
        : oneHot(logits);
      return {
        outputs: {
          features: bagOfTokens(logits),
          logits: tf.reshape(logits, [batch, rows * columns, vocabulary]),
          decoded: run(decoder, params.decoder, tokens),
          images,
        },
      };
    },

    objective({ outputs: { logits, decoded, images }, schedules }) {
      const reconstruction = logitLaplaceLoss(decoded, mapPixels(images));
      const kl = klToUniform(tf.reshape(logits, [-1, vocabulary]));
      const weight = tf.div(schedules.klWeight!, stride * stride * channels);
      const error = tf.mean<Scalar>(tf.squaredDifference(logitLaplacePictures(decoded), images));
      return {
        loss: tf.add<Scalar>(reconstruction, tf.mul(kl, weight)),
        metrics: { reconstruction, kl, error, ...codebookUse(tf.argMax(logits, 2), vocabulary) },
        carry: {},
      };
    },

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });

  const reconstruct: DvaeMethod['reconstruct'] = ({ params, images }) =>
    tf.tidy(() => logitLaplacePictures(run(decoder, params.decoder, oneHot(encode(params, images)))));

  return Object.freeze({
    ...method,
    tokenizer: {
      vocabulary,
      stride,
      variables: ({ params }) => ({ backbone: params.backbone! }),
      tokens: (variables, images) =>
        tf.tidy(() => {
          const logits = encode(variables, images);
          return tf.reshape<tf.Rank.R2>(tf.argMax(logits, 3), [images.shape[0], logits.shape[1] * logits.shape[2]]);
        }),
      draw: ({ params }, tokens) =>
        tf.tidy(() => {
          const side = Math.round(Math.sqrt(tokens.shape[1]));
          const codes = tf.cast(tf.oneHot(tf.reshape(tokens, [tokens.shape[0], side, side]), vocabulary) as Tensor4D, 'float32');
          return logitLaplacePictures(run(decoder, params.decoder, codes));
        }),
    },
    reconstruct,
    pictures: ({ params, images }) => [
      {
        title: 'Reconstructions',
        caption: `What the decoder draws from the most likely token of each ${String(stride)} x ${String(stride)} pixels.`,
        columns: [
          { name: 'Image', images },
          { name: 'From its tokens', images: reconstruct({ params, images }) },
        ],
      },
    ],
  } satisfies DvaeMethod);
}

/** What an image is evaluated by: its probabilities of the tokens, mean over the patches. */
function bagOfTokens(logits: Tensor4D): Tensor2D {
  return tf.mean<Tensor2D>(tf.softmax(logits), [1, 2]);
}
