import { defineMethod } from '@ssl/core';
import type { Backbone } from '@ssl/core';
import { expandedPair, type ExpandedPairMethod } from './expanded-pair.js';
import { vicregLoss, vicregLossDefaults } from './vicreg-loss.js';

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
export function vicreg(options: VicregOptions): ExpandedPairMethod {
  const { backbone, dimension, layers, ...weights } = { ...vicregDefaults, ...options };
  return defineMethod({
    ...expandedPair({ backbone, dimension, layers }),
    name: 'vicreg',
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

    objective({ outputs: { first, second } }) {
      const { loss, ...metrics } = vicregLoss(first, second, weights);
      return { loss, metrics, carry: {} };
    },
  });
}
