import { applyToViews, backboneBranch, backboneFeatures, batchNorm, childSeed, defineMethod, linear, relu, sequential } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { negativeCosine } from './negative-cosine.js';
import { simsiamLoss } from './simsiam-loss.js';

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
  const encoder = sequential({ backbone, projector: projector(backbone.featureDimension, dimension, layers) });
  // "BN applied to its hidden fc layers, its output fc does not have BN or ReLU"
  const predictor = sequential([linear(dimension, bottleneck, { bias: false }), batchNorm(bottleneck), relu(), linear(bottleneck, dimension)]);
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'simsiam',
    batch: { views: 2 },
    coupling: 'none',
    positivePair: ['z1', 'z2'],
    monitor: 'z1',
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
      const encoded = encoder.init(seed);
      const predicted = predictor.init(childSeed(seed, 'predictor'));
      return {
        params: { ...encoded.params, predictor: predicted.params },
        aux: { buffers: { ...encoded.buffers, predictor: predicted.buffers } },
      };
    },

    forward({ params, aux, views, training, key }) {
      const { predictor: predictorBuffers, ...encoderBuffers } = aux.buffers;
      const mode = { training, key };
      const encoded = applyToViews(encoder, { params, buffers: encoderBuffers }, views, mode);
      const predicted = applyToViews(
        predictor,
        { params: params.predictor as TensorRecord, buffers: predictorBuffers as TensorRecord },
        encoded.outputs,
        mode,
      );
      const [z1, z2] = encoded.outputs as [Tensor2D, Tensor2D];
      const [p1, p2] = predicted.outputs as [Tensor2D, Tensor2D];
      return { outputs: { p1, p2, z1, z2 }, aux: { buffers: { ...encoded.buffers, predictor: predicted.buffers } } };
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

/** "BN applied to each fully-connected layer, including its output fc; its output fc has no ReLU"; no affine there, as in the code. */
function projector(inputs: number, width: number, layers: number) {
  const hidden = Array.from({ length: layers - 1 }, (_, i) => [
    linear(i === 0 ? inputs : width, width, { bias: false }),
    batchNorm(width),
    relu(),
  ]).flat();
  const last = [linear(layers === 1 ? inputs : width, width, { bias: false }), batchNorm(width, { affine: false })];
  return sequential([...hidden, ...last]);
}
