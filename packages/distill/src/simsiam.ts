import { applyToViews, backboneBranch, backboneFeatures, defineMethod, mlp, sequential } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { negativeCosine } from './negative-cosine.js';
import { simsiamLoss } from './simsiam-loss.js';
import { withPredictor, type Predicted } from './with-predictor.js';

/** Options of {@link simsiam}. */
export interface SimsiamOptions {
  readonly backbone: Backbone;
  /** Width and output of the projector. */
  readonly dimension?: number;
  /** Layers of the projector: 3 on ImageNet, 2 on CIFAR. */
  readonly layers?: number;
  /** Bottleneck of the predictor. */
  readonly bottleneck?: number;
  /** False lets the gradient into the targets, which collapses: for experiments and for the test of the collapse monitor. */
  readonly stopGradient?: boolean;
}

/** Defaults of {@link simsiam}: the paper's for ImageNet. */
export const simsiamDefaults = { dimension: 2048, layers: 3, bottleneck: 512, stopGradient: true } as const;

type Aux = { readonly buffers: TensorRecord };
type Outputs = { readonly p1: Tensor2D; readonly p2: Tensor2D; readonly z1: Tensor2D; readonly z2: Tensor2D };

/**
 * SimSiam: the prediction of one view meets the projection of the other as a constant; no negatives, no momentum encoder.
 *
 * Two views. The predictor's learning rate does not decay. Evaluated: the backbone.
 *
 * @returns A method with views `[batch, height, width, channels]` twice; coupling `none`: the mean of micro-batches is exact but for batch norm.
 * @throws SslError for widths or layers below 1.
 * @example
 * simsiam({ backbone: smallConvNet(), dimension: 256, layers: 2, bottleneck: 64 });
 *
 * @see Chen, He, Exploring Simple Siamese Representation Learning, section 3 and algorithm 1.
 */
export function simsiam(options: SimsiamOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const { backbone, dimension, layers, bottleneck, stopGradient: stops } = { ...simsiamDefaults, ...options };
  // "BN applied to each fully-connected layer, including its output fc; its output fc has no ReLU"; no affine there, as in the code.
  const projector = mlp([backbone.featureDimension, ...Array.from({ length: layers }, () => dimension)], { batchNorm: 'all', lastAffine: false });
  // "BN applied to its hidden fc layers, its output fc does not have BN or ReLU"
  const predictor = mlp([dimension, bottleneck, dimension], { batchNorm: 'hidden' });
  const network = withPredictor(sequential<Tensor4D, Tensor2D>({ backbone, projector }), predictor);
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'simsiam',
    batch: { views: 2 },
    coupling: 'none',
    positivePair: ({ z1, z2 }) => [z1, z2],
    monitor: ({ z1 }) => z1,
    schedules: {},
    groups: [{ match: (path) => path.startsWith('predictor.'), constantRate: true }],
    collapse: [
      {
        name: 'constant-embedding',
        metric: 'loss',
        value: -1,
        tolerance: 0.01,
        diagnosis: 'every prediction has the direction of every projection: the embedding is constant',
        remedy: 'keep the stop-gradient and batch norm in the projector, lower the learning rate',
      },
    ],

    init(seed) {
      const { params, buffers } = network.init(seed);
      return { params, aux: { buffers } };
    },

    forward({ params, aux, views, training, key }) {
      const { outputs, buffers } = applyToViews(network, { params, buffers: aux.buffers }, views, { training, key });
      const [first, second] = outputs as [Predicted, Predicted];
      return { outputs: { p1: first.prediction, p2: second.prediction, z1: first.projection, z2: second.projection }, aux: { buffers } };
    },

    objective: ({ outputs: { p1, p2, z1, z2 } }) => ({
      loss: stops
        ? simsiamLoss({ predictions: [p1, p2], targets: [z1, z2] })
        : tf.mul(tf.add(negativeCosine(p1, z2), negativeCosine(p2, z1)), 0.5),
      metrics: {},
      carry: {},
    }),

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });
}
