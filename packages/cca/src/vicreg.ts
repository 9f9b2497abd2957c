import { applyToViews, backboneBranch, backboneFeatures, defineMethod, sequential } from '@ssl/core';
import type { Backbone, SslMethod, TensorRecord } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core';
import { expander } from './expander.js';
import { vicregLossDefaults, vicregTerms } from './vicreg-loss.js';

/** Options of {@link vicreg}. */
export interface VicregOptions {
  readonly backbone: Backbone;
  /** Width and output of the expander. */
  readonly dimension?: number;
  readonly layers?: number;
  /** Weight of the invariance term. */
  readonly invariance?: number;
  /** Weight of the variance term. */
  readonly variance?: number;
  /** Weight of the covariance term. */
  readonly covariance?: number;
}

/** Defaults of {@link vicreg}: the authors' for ImageNet. */
export const vicregDefaults = {
  dimension: 8192,
  layers: 3,
  invariance: vicregLossDefaults.invariance,
  variance: vicregLossDefaults.variance,
  covariance: vicregLossDefaults.covariance,
} as const;

type Aux = { readonly buffers: TensorRecord };
type Outputs = { readonly first: Tensor2D; readonly second: Tensor2D };

/**
 * VICReg: two views agree (invariance), every dimension keeps its spread (variance), no two dimensions say the same (covariance).
 *
 * Backbone and expander, two views, variance and covariance over the whole batch. Evaluated: the backbone.
 *
 * @returns A method with views `[batch, height, width, channels]` twice; coupling `batch`, so micro-batches go through gradient caching.
 * @throws SslError for widths below 1; in training for batches of fewer than 2 images.
 * @example
 * vicreg({ backbone: smallConvNet(), dimension: 256, layers: 2 });
 *
 * @see Bardes, Ponce, LeCun, VICReg: Variance-Invariance-Covariance Regularization, algorithm 1.
 */
export function vicreg(options: VicregOptions): SslMethod<Aux, Outputs, Record<string, never>> {
  const { backbone, dimension, layers, ...weights } = { ...vicregDefaults, ...options };
  const network = sequential({ backbone, projector: expander(backbone.featureDimension, dimension, layers) });
  return defineMethod<Aux, Outputs, Record<string, never>>({
    name: 'vicreg',
    batch: { views: 2 },
    coupling: 'batch',
    positivePair: ['first', 'second'],
    schedules: {},
    groups: [],
    collapse: [
      {
        name: 'constant-embedding',
        metric: 'variance',
        value: 1,
        tolerance: 0.1,
        diagnosis: 'every dimension of the embedding is constant',
        remedy: 'raise the weight of the variance term or lower the learning rate',
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

    objective({ outputs: { first, second } }) {
      const { invariance, variance, covariance } = vicregTerms(first, second);
      const loss = tf.addN([
        tf.mul(invariance, weights.invariance),
        tf.mul(variance, weights.variance),
        tf.mul(covariance, weights.covariance),
      ]) as Scalar;
      return { loss, metrics: { invariance, variance, covariance }, carry: {} };
    },

    embed: ({ params, aux, images }) => backboneFeatures(backbone, { params, buffers: aux.buffers }, images),
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: aux.buffers }),
  });
}
