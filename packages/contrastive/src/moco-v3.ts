import { applyToViews, backboneBranch, backboneFeatures, childSeed, cosine, defineMethod, ema, mlp, requirePositive, sequential } from '@ssl/core';
import type { Backbone, Schedule, SslMethod, TensorRecord } from '@ssl/core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { mocoV3Loss } from './moco-v3-loss.js';

/** Options of {@link mocoV3}. */
export interface MocoV3Options {
  readonly backbone: Backbone;
  readonly name?: string;
  /** Layers of the projector: 2 with a ResNet, 3 with a ViT. */
  readonly projectorLayers?: number;
  /** Width of the hidden layers of projector and predictor. */
  readonly hidden?: number;
  /** Dimension of queries and keys. */
  readonly dimension?: number;
  /** Batch norm after the predictor's last layer: not with a ResNet, with a ViT. */
  readonly predictorBatchNorm?: boolean;
  /** Temperature of the softmax; above 0. */
  readonly temperature?: number;
  /** Momentum of the key network. */
  readonly momentum?: Schedule;
  /** The patch projection of a ViT stays as it started: "random patch projection", against spikes of the gradient. */
  readonly frozenPatches?: boolean;
}

/** Defaults of {@link mocoV3}: the ResNet recipe, temperature 1. */
export const mocoV3Defaults = {
  name: 'moco-v3',
  projectorLayers: 2,
  hidden: 4096,
  dimension: 256,
  predictorBatchNorm: false,
  temperature: 1,
  momentum: cosine(0.99, 1),
  frozenPatches: false,
} as const;

/** The ViT recipe. Make the network with `positions: 'sincosRows', initialisation: 'mocoV3'`, as the paper's code. */
export const mocoV3VitDefaults = {
  ...mocoV3Defaults,
  name: 'moco-v3-vit',
  projectorLayers: 3,
  predictorBatchNorm: true,
  temperature: 0.2,
  frozenPatches: true,
} as const;

type Aux = { readonly buffers: TensorRecord; readonly keyNetwork: TensorRecord; readonly keyBuffers: TensorRecord };
type Outputs = { readonly q1: Tensor2D; readonly q2: Tensor2D; readonly k1: Tensor2D; readonly k2: Tensor2D };

/**
 * MoCo v3: the prediction from each view finds the other view's key, which a slowly moving network makes, in the batch: no queue.
 *
 * Query network: backbone, projector, predictor. Key network: backbone and projector, an exponential moving average, moved once per
 * optimizer step. Two views. Evaluated: the query network's backbone.
 *
 * @returns A method with views `[batch, height, width, channels]` twice; coupling `batch`, so micro-batches go through gradient caching.
 * @throws SslError for a temperature that is not above 0.
 * @example
 * mocoV3({ backbone: resnet50() });
 * mocoV3({ ...mocoV3VitDefaults, backbone: vitSmall({ positions: 'sincosRows', initialisation: 'mocoV3' }) });
 *
 * @see Chen et al., An Empirical Study of Training Self-Supervised Vision Transformers, algorithm 1, sections 4.2 and 5.
 */
export function mocoV3(options: MocoV3Options): SslMethod<Aux, Outputs, Record<string, never>> {
  const { name, backbone, hidden, dimension, temperature, momentum, frozenPatches, ...heads } = { ...mocoV3Defaults, ...options };
  requirePositive(temperature, 'a temperature', 'moco-v3', '@ssl/contrastive');
  const layers = Array.from({ length: heads.projectorLayers - 1 }, () => hidden);
  // No layer has a bias; batch norm after each of the projector's, the last without weight and bias.
  const projector = mlp([backbone.featureDimension, ...layers, dimension], { batchNorm: 'all', lastAffine: false });
  const predictor = mlp([dimension, hidden, dimension], {
    batchNorm: heads.predictorBatchNorm ? 'all' : 'hidden',
    lastAffine: false,
    lastBias: false,
  });
  const network = sequential<Tensor4D, Tensor2D>({ backbone, projector });

  return defineMethod<Aux, Outputs, Record<string, never>>({
    name,
    batch: { views: 2 },
    coupling: 'batch',
    schedules: { momentum },
    groups: frozenPatches ? [{ match: (path) => path.startsWith('backbone.patch_embed.'), frozen: true }] : [],
    collapse: [
      {
        name: 'guessing',
        metric: 'loss',
        value: (batchSize) => 4 * temperature * Math.log(batchSize),
        tolerance: 0.01,
        diagnosis: 'all keys are equally similar to every query, 4 T ln N is the loss of guessing: the network has collapsed or not started',
        remedy: 'lower the temperature, change the learning rate, keep batch norm in projector and predictor',
      },
    ],

    init(seed) {
      const query = network.init(seed);
      const key = network.init(seed); // the same seed: the key network starts as a copy
      const prediction = predictor.init(childSeed(seed, 'predictor'));
      return {
        params: { ...query.params, predictor: prediction.params },
        aux: {
          buffers: { ...query.buffers, predictor: prediction.buffers },
          keyNetwork: key.params,
          keyBuffers: key.buffers,
        },
      };
    },

    forward({ params, aux, views, training, key }) {
      const { predictor: predictorBuffers, ...buffers } = aux.buffers;
      const mode = { training, key };
      const query = applyToViews(network, { params, buffers }, views, mode);
      const prediction = applyToViews(
        predictor,
        { params: params.predictor as TensorRecord, buffers: predictorBuffers as TensorRecord },
        query.outputs,
        mode,
      );
      const keys = applyToViews(network, { params: aux.keyNetwork, buffers: aux.keyBuffers }, views, mode);
      const [q1, q2] = prediction.outputs as [Tensor2D, Tensor2D];
      const [k1, k2] = keys.outputs as [Tensor2D, Tensor2D];
      return {
        outputs: { q1, q2, k1, k2 },
        aux: { buffers: { ...query.buffers, predictor: prediction.buffers }, keyBuffers: keys.buffers },
      };
    },

    objective({ outputs: { q1, q2, k1, k2 } }) {
      const { loss, ...metrics } = mocoV3Loss({ queries: [q1, q2], keys: [k1, k2], temperature });
      return { loss, metrics, carry: {} };
    },

    updateAux: ({ params, aux, schedules }) => ({ ...aux, keyNetwork: ema(aux.keyNetwork, params, schedules.momentum!) }),

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });
}
