import { apply, applyToViews, backboneBranch, backboneFeatures, constant, defineMethod, ema, foldIn, linear, relu, requirePositive, sequential, SslError } from '@ssl/core';
import type { Backbone, Mode, Module, Schedule, SslMethod, TensorRecord, Variables } from '@ssl/core';
import { l2Normalize, randomNormal, randomPermutation } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { guessingSigns } from './guessing-signs.js';
import { infoNce } from './info-nce.js';
import { mixHardNegatives, mixHardNegativesDefaults, type MixHardNegativesOptions } from './mix-hard-negatives.js';
import { mixingMetrics } from './mixing-metrics.js';

/** Options of {@link mocoV1}, {@link mocoV2} and {@link mochi}. */
export interface MocoOptions {
  readonly backbone: Backbone;
  /** Layers of the head: 1 in MoCo v1, 2 with ReLU between in v2; no batch norm. */
  readonly headLayers?: 1 | 2;
  /** Dimension of keys and queries. */
  readonly dimension?: number;
  readonly temperature?: number;
  /** Keys of earlier batches that serve as negatives, whatever the batch size: the oldest fall out. */
  readonly queue?: number;
  /** Momentum of the key encoder. */
  readonly momentum?: Schedule;
  /**
   * Shuffled batch norm: the batch is normalised in so many parts, and the keys' parts are drawn anew, so that a query's statistics
   * do not give its key away. It stands for the devices of the paper; 1 normalises the batch as one.
   */
  readonly shuffleGroups?: number;
  /** Synthetic hard negatives (MoCHi) from a step on; none if left out. */
  readonly mixing?: MixHardNegativesOptions & { readonly fromStep?: number };
  readonly name?: string;
}

/** Defaults of {@link mocoV1}: the paper's for ImageNet. */
export const mocoV1Defaults = {
  headLayers: 1,
  dimension: 128,
  temperature: 0.07,
  queue: 65_536,
  momentum: constant(0.999),
  shuffleGroups: 8,
} as const;

/** Defaults of {@link mocoV2}. */
export const mocoV2Defaults = { ...mocoV1Defaults, headLayers: 2, temperature: 0.2 } as const;

/** Defaults of {@link mochi}: the paper's for ImageNet, mixing from the start. */
export const mochiDefaults = {
  ...mocoV2Defaults,
  queue: 16_384,
  mixing: { hardest: 1024, mixed: 1024, mixedWithQuery: 128, fromStep: 0 },
} as const;

type Aux = {
  readonly buffers: TensorRecord;
  readonly keyEncoder: TensorRecord;
  readonly keyBuffers: TensorRecord;
  /** Newest keys first, `[queue, dimension]`. */
  readonly queue: Tensor2D;
};
type Outputs = { readonly queries: Tensor2D; readonly keys: Tensor2D };

/**
 * MoCo v1: a linear head, temperature .07, a query finds its key among a queue of keys that a slowly moving encoder made.
 *
 * Two views `[batch, height, width, channels]`; the queue `[queue, dimension]` is a part of `aux`, newest keys first, and of every
 * checkpoint. Evaluated: the query encoder's backbone.
 *
 * @returns A method of coupling `none`: the mean of micro-batches is exact.
 * @throws SslError for a temperature that is not above 0; in training where the batch does not divide into `shuffleGroups`.
 * @example
 * mocoV1({ backbone: resnet18(), queue: 4096, momentum: constant(0.99) });
 *
 * @see He et al., Momentum Contrast for Unsupervised Visual Representation Learning, algorithm 1.
 */
export function mocoV1(options: MocoOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  return moco({ name: 'moco-v1', ...mocoV1Defaults, ...options });
}

/**
 * MoCo v2: {@link mocoV1} with an MLP head, temperature .2 and, by its plugin, stronger augmentation.
 *
 * @returns A method of coupling `none`: the mean of micro-batches is exact.
 * @throws SslError for a temperature that is not above 0; in training where the batch does not divide into `shuffleGroups`.
 * @example
 * mocoV2({ backbone: smallConvNet(), dimension: 64, queue: 1024, momentum: constant(0.99), shuffleGroups: 4 });
 *
 * @see Chen et al., Improved Baselines with Momentum Contrastive Learning.
 */
export function mocoV2(options: MocoOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  return moco({ name: 'moco-v2', ...mocoV2Defaults, ...options });
}

/**
 * MoCHi: {@link mocoV2} whose hardest negatives are mixed with each other and with the query; no gradient flows through the mixed ones.
 *
 * Its metrics say how hard the negatives are: `hardNegativeSimilarity` (mean over the hardest of the queue), `syntheticSimilarity`
 * (mean over the mixed ones), `syntheticShare` (part of the hardest negatives that is mixed) and `proxyAccuracy` (queries whose key is
 * nearer than every negative, mixed ones included; `accuracy` leaves those out).
 *
 * @returns A method of coupling `none`: the mean of micro-batches is exact while nothing is mixed; mixing draws anew in each.
 * @throws SslError for a temperature that is not above 0, or more hard negatives than the queue holds.
 * @example
 * mochi({ backbone: smallConvNet(), queue: 1024, mixing: { hardest: 64, mixed: 64, mixedWithQuery: 8, fromStep: 500 } });
 *
 * @see Kalantidis et al., Hard Negative Mixing for Contrastive Learning, section 4.
 */
export function mochi(options: MocoOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  return moco({ name: 'mochi', ...mochiDefaults, ...options, mixing: { ...mochiDefaults.mixing, ...options.mixing } });
}

/**
 * Momentum contrast: a query of one view must find its key, which a slowly moving encoder makes of the other, among a queue of keys.
 *
 * The key encoder and the queue are renewed once per optimizer step. Evaluated: the query encoder's backbone.
 *
 * @throws SslError where the batch does not divide into the shuffled parts.
 * @see He et al., Momentum Contrast for Unsupervised Visual Representation Learning, algorithm 1.
 */
function moco(options: MocoOptions & { readonly name: string }): SslMethod<Aux, Outputs, Record<string, never>> {
  const { name, backbone, headLayers, dimension, temperature, queue: length, momentum, shuffleGroups, mixing } = { ...mocoV2Defaults, ...options };
  requirePositive(temperature, 'a temperature', name, '@ssl/contrastive');
  const width = backbone.featureDimension;
  const head = headLayers === 1 ? linear(width, dimension) : sequential([linear(width, width), relu(), linear(width, dimension)]);
  const encoder = sequential<Tensor4D, Tensor2D>({ backbone, head });
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name,
    batch: { views: 2 },
    coupling: 'none',
    schedules: { momentum, mixes: (step) => (mixing && step >= (mixing.fromStep ?? 0) ? 1 : 0) },
    groups: [],
    collapse: guessingSigns(temperature, () => length),
    positivePair: ({ queries, keys }) => [queries, keys],

    init(seed) {
      const { params, buffers } = encoder.init(seed);
      const copy = encoder.init(seed); // the same seed: the key encoder starts as a copy
      const queue = l2Normalize(randomNormal([length, dimension], tf.tensor1d([seed, 7], 'int32'))) as Tensor2D;
      return { params, aux: { buffers, keyEncoder: copy.params, keyBuffers: copy.buffers, queue } };
    },

    forward({ params, aux, views, training, key }) {
      const [queryView, keyView] = views as [Tensor4D, Tensor4D];
      const groups = training ? shuffleGroups : 1;
      const query = inGroups(encoder, { params, buffers: aux.buffers }, queryView, groups, { training, key });
      const order = randomPermutation(keyView.shape[0], foldIn(key, 'shuffle'));
      const shuffled = groups > 1 ? tf.gather(keyView, order) : keyView;
      const other = inGroups(encoder, { params: aux.keyEncoder, buffers: aux.keyBuffers }, shuffled, groups, { training, key });
      const keys = groups > 1 ? tf.gather(other.output, inverse(order)) : other.output;
      return {
        outputs: { queries: l2Normalize(query.output) as Tensor2D, keys: l2Normalize(keys) as Tensor2D },
        aux: { buffers: query.buffers, keyBuffers: other.buffers },
      };
    },

    objective({ aux, outputs: { queries, keys }, schedules, key }) {
      const more = mixing && synthetic(queries, aux.queue, key, mixing, schedules.mixes!);
      const { loss, positive, negative } = infoNce(queries, keys, aux.queue, { temperature, ...(more ? { more } : {}) });
      const hardest = tf.max(negative, 1); // [B]
      const metrics = {
        positiveSimilarity: tf.mean(positive) as Scalar,
        hardestNegativeSimilarity: tf.mean(hardest) as Scalar,
        accuracy: tf.mean(tf.cast(tf.greater(positive, hardest), 'float32')) as Scalar,
        // Steps since the oldest key was made, once the queue is full: it should be recent for the key encoder's momentum.
        queueAge: tf.scalar(length / queries.shape[0]),
        ...(more ? mixingMetrics({ positive, similarity: negative, synthetic: more, hardest: mixing.hardest ?? mixHardNegativesDefaults.hardest }) : {}),
      };
      return { loss, metrics, carry: {} };
    },

    updateAux({ params, aux, outputs: { keys }, schedules }) {
      const queue = tf.slice(tf.concat([keys, aux.queue]), [0, 0], [length, dimension]);
      return { ...aux, keyEncoder: ema(aux.keyEncoder, params, schedules.momentum!), queue };
    },

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });
}

/** The encoder on neighbouring parts of the batch, each with batch statistics of its own, as on that many devices. */
function inGroups(encoder: Module<Tensor4D, Tensor2D>, variables: Variables, images: Tensor4D, groups: number, mode: Mode) {
  if (groups === 1) return apply(encoder, variables, images, mode);
  if (images.shape[0] % groups !== 0) {
    throw new SslError(
      `moco normalises the batch in ${groups} parts (shuffleGroups) and needs a batch that divides into them, got ${images.shape[0]} images. Change one of the two.`,
      { from: '@ssl/contrastive' },
    );
  }
  const { outputs, buffers } = applyToViews(encoder, variables, tf.split(images, groups), mode);
  return { output: tf.concat(outputs), buffers };
}

/** Similarities of the synthetic negatives, pushed out of reach while they do not take part. */
function synthetic(queries: Tensor2D, queue: Tensor2D, key: Tensor1D, mixing: MixHardNegativesOptions, mixes: Scalar): Tensor2D {
  const negatives = mixHardNegatives(queries, queue, key, mixing); // [B, S, D]
  const similarity = tf.squeeze(tf.matMul(negatives, tf.expandDims(queries, 2)), [2]); // [B, S]
  return tf.sub(similarity, tf.mul(tf.sub(1, mixes), 1e4));
}

/** Where each entry of a permutation went: `gather(gather(x, order), inverse(order))` is x. */
function inverse(order: Tensor1D): Tensor1D {
  return tf.topk(tf.neg(tf.cast(order, 'float32')), order.shape[0]).indices;
}
