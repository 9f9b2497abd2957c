import { applyToViews, backboneFeatures, defineMethod, sequential } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { barlowTwinsLoss, barlowTwinsLossDefaults } from './barlow-twins-loss.js';
import { expander } from './expander.js';

export interface BarlowTwinsOptions {
  readonly backbone: Backbone;
  /** Width and output of the projector. */
  readonly dimension?: number;
  /** Layers of the projector: 3 on ImageNet, 2 on CIFAR. */
  readonly layers?: number;
  /** Weight of the redundancy term. */
  readonly lambda?: number;
  /** Factor on the loss; solo-learn uses .1 with its rates. */
  readonly scale?: number;
  /** Learning rate of biases and norms over that of the weights; the authors' .0048 against .2. */
  readonly biasRate?: number;
}

export const barlowTwinsDefaults = {
  dimension: 8192,
  layers: 3,
  lambda: barlowTwinsLossDefaults.lambda,
  scale: 1,
  biasRate: 0.0048 / 0.2,
} as const;

type Aux = { readonly buffers: TensorRecord };
type Outputs = { readonly first: Tensor2D; readonly second: Tensor2D };

/**
 * Barlow Twins: two views' embeddings agree in every dimension, and no two dimensions say the same.
 *
 * Backbone and projector, two views, cross-correlation over the whole batch. Evaluated: the backbone.
 *
 * @throws SslError for widths or layers below 1.
 * @see Zbontar et al., Barlow Twins: Self-Supervised Learning via Redundancy Reduction, algorithm 1.
 */
export function barlowTwins(options: BarlowTwinsOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const { backbone, dimension, layers, lambda, scale, biasRate } = { ...barlowTwinsDefaults, ...options };
  const network = sequential({ backbone, projector: expander(backbone.featureDimension, dimension, layers) });
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'barlow-twins',
    batch: { views: 2 },
    coupling: 'batch',
    schedules: {},
    groups: [{ match: (_, shape) => shape.length === 1, learningRate: biasRate }],
    collapse: [
      {
        metric: 'loss',
        value: scale * dimension,
        tolerance: scale * dimension * 0.02,
        diagnosis: 'the two views are not correlated in any dimension',
        remedy: 'weaken the augmentation, train longer, or lower lambda',
      },
    ],

    init(seed) {
      const { params, buffers } = network.init(seed);
      return { params, aux: { buffers } };
    },

    forward({ params, aux, views, training, key }) {
      const { outputs, buffers } = applyToViews(network, { params, buffers: aux.buffers }, views, { training, key });
      const [first, second] = outputs as [Tensor2D, Tensor2D];
      return { outputs: { first, second }, aux: { buffers } };
    },

    objective: ({ outputs: { first, second } }) => ({
      loss: tf.mul(barlowTwinsLoss(first, second, { lambda }), scale),
      metrics: {},
      carry: {},
    }),

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
  });
}
