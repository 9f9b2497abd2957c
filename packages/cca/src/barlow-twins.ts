import { defineMethod } from '@ssl/core';
import type { Backbone } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { barlowTwinsLoss, barlowTwinsLossDefaults } from './barlow-twins-loss.js';
import { expandedPair, type ExpandedPairMethod } from './expanded-pair.js';

/** Options of {@link barlowTwins}. */
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

/** Defaults of {@link barlowTwins}: the authors' for ImageNet. */
export const barlowTwinsDefaults = {
  dimension: 8192,
  layers: 3,
  lambda: barlowTwinsLossDefaults.lambda,
  scale: barlowTwinsLossDefaults.scale,
  biasRate: 0.0048 / 0.2,
} as const;

/**
 * Barlow Twins: two views' embeddings agree in every dimension, and no two dimensions say the same.
 *
 * Backbone and projector, two views, cross-correlation over the whole batch. Evaluated: the backbone.
 *
 * @returns A method with views `[batch, height, width, channels]` twice; coupling `batch`, so micro-batches go through gradient caching.
 * @throws SslError for widths below 1; in training for batches of fewer than 2 images.
 * @example
 * barlowTwins({ backbone: smallConvNet(), dimension: 256, layers: 2, lambda: 0.02, biasRate: 1 });
 *
 * @see Zbontar et al., Barlow Twins: Self-Supervised Learning via Redundancy Reduction, algorithm 1.
 */
export function barlowTwins(options: BarlowTwinsOptions): ExpandedPairMethod {
  const { backbone, dimension, layers, lambda, scale, biasRate } = { ...barlowTwinsDefaults, ...options };
  return defineMethod({
    ...expandedPair({ backbone, dimension, layers }),
    name: 'barlow-twins',
    schedules: {},
    groups: [{ match: (_, shape) => shape.length === 1, learningRate: biasRate }],
    collapse: [
      {
        name: 'uncorrelated-views',
        metric: 'loss',
        value: scale * dimension,
        tolerance: scale * dimension * 0.02,
        diagnosis: 'the two views are not correlated in any dimension',
        remedy: 'weaken the augmentation, train longer, or lower lambda',
      },
      {
        name: 'redundant-dimensions',
        metric: 'redundancy',
        value: 1,
        tolerance: 0.5,
        diagnosis: 'the dimensions of the embedding say the same',
        remedy: 'raise lambda, the weight of the redundancy term',
      },
    ],

    objective({ outputs: { first, second } }) {
      const { loss, invariance, redundancy } = barlowTwinsLoss(first, second, { lambda, scale });
      const pairs = Math.max(1, dimension * (dimension - 1));
      return {
        loss,
        // Deviation of the diagonal from 1, and size of the other correlations: 0 and 0 is the aim.
        metrics: { disagreement: tf.sqrt(tf.div(invariance, dimension)), redundancy: tf.sqrt(tf.div(redundancy, pairs)) },
        carry: {},
      };
    },
  });
}
