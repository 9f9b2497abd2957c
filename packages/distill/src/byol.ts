import { applyToViews, backboneBranch, backboneFeatures, cosine, defineMethod, ema, mlp, sequential } from '@ssl/core';
import type { Backbone, Schedule, SslMethod, TensorRecord } from '@ssl/core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { byolLoss } from './byol-loss.js';
import { withPredictor, type Predicted } from './with-predictor.js';

/** Options of {@link byol}. */
export interface ByolOptions {
  readonly backbone: Backbone;
  /** Width of the hidden layers of projector and predictor. */
  readonly hidden?: number;
  /** Dimension of projections and predictions. */
  readonly dimension?: number;
  /** Momentum of the target network. The paper: cosine from .996 (300 and more epochs; .99 for 100 and fewer) to 1. */
  readonly momentum?: Schedule;
  /** False trains without predictor, which collapses: for experiments and for the test of the collapse monitor. */
  readonly predictor?: boolean;
}

/** Defaults of {@link byol}: the paper's for 300 epochs and more of ImageNet. */
export const byolDefaults = { hidden: 4096, dimension: 256, momentum: cosine(0.996, 1), predictor: true } as const;

type Aux = {
  readonly buffers: TensorRecord;
  readonly target: TensorRecord;
  readonly targetBuffers: TensorRecord;
};
type Outputs = { readonly p1: Tensor2D; readonly p2: Tensor2D; readonly z1: Tensor2D; readonly z2: Tensor2D };

/**
 * BYOL: an online network predicts, from one view, what a slowly moving copy of itself says of the other.
 *
 * Online: backbone, projector, predictor. Target: backbone and projector, an exponential moving average of the online ones,
 * updated once per optimizer step. Two views. Evaluated: the online backbone.
 *
 * @returns A method with views `[batch, height, width, channels]` twice; coupling `none`: the mean of micro-batches is exact but for batch norm.
 * @throws SslError for widths below 1.
 * @example
 * byol({ backbone: smallConvNet(), hidden: 256, dimension: 64, momentum: cosine(0.9, 1) });
 *
 * @see Grill et al., Bootstrap Your Own Latent, section 3 and algorithm 1.
 */
export function byol(options: ByolOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const { backbone, hidden, dimension, momentum, predictor: predicts } = { ...byolDefaults, ...options };
  // "a linear layer with output size 4096 followed by batch normalization, rectified linear units, and a final linear layer"
  const head = (inputs: number) => mlp([inputs, hidden, dimension], { hiddenBias: true });
  const encoder = sequential<Tensor4D, Tensor2D>({ backbone, projector: head(backbone.featureDimension) });
  const network = withPredictor(encoder, predicts ? head(dimension) : sequential([]));
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'byol',
    batch: { views: 2 },
    coupling: 'none',
    positivePair: ({ p1, z2 }) => [p1, z2],
    monitor: ({ z1 }) => z1,
    schedules: { momentum },
    groups: [],
    collapse: [
      {
        name: 'constant-embedding',
        metric: 'loss',
        value: 0,
        tolerance: 0.01,
        diagnosis: 'the predictions equal the targets for every image: the embedding is constant',
        remedy: 'keep the predictor and batch norm, raise the momentum, lower the learning rate',
      },
    ],

    init(seed) {
      const { params, buffers } = network.init(seed);
      const target = encoder.init(seed); // the same seed: the target starts as a copy
      return { params, aux: { buffers, target: target.params, targetBuffers: target.buffers } };
    },

    forward({ params, aux, views, training, key }) {
      const online = applyToViews(network, { params, buffers: aux.buffers }, views, { training, key });
      const target = applyToViews(encoder, { params: aux.target, buffers: aux.targetBuffers }, views, { training, key });
      const [first, second] = online.outputs as [Predicted, Predicted];
      const [z1, z2] = target.outputs as [Tensor2D, Tensor2D];
      return {
        outputs: { p1: first.prediction, p2: second.prediction, z1, z2 },
        aux: { buffers: online.buffers, targetBuffers: target.buffers },
      };
    },

    objective: ({ outputs: { p1, p2, z1, z2 } }) => ({
      loss: byolLoss({ predictions: [p1, p2], targets: [z1, z2] }),
      metrics: {},
      carry: {},
    }),

    updateAux: ({ params, aux, schedules }) => ({ ...aux, target: ema(aux.target, params, schedules.momentum!) }),

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });
}
