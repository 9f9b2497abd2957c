import { byolViews } from '@ssl/augment';
import { cosine, scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { byol, byolDefaults } from './byol.js';

export type ByolPluginOptions = RecipeOptions & {
  readonly hidden: number;
  readonly dimension: number;
  readonly predictor: boolean;
  /** Momentum of the target at the start; it rises to 1 along half a cosine. */
  readonly momentum: number;
  /** Least share of an image's area that a crop shows. */
  readonly cropScale: number;
  /** Factor on the paper's colour jitter. */
  readonly strength: number;
};

/** BYOL for `ssl train --method byol`. */
export const byolPlugin: MethodPlugin<ByolPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'byol',
  summary: 'BYOL: predict what a slowly moving copy of the network says of another view',
  defaults: {
    ...byolDefaults,
    momentum: 0.996,
    cropScale: 0.08,
    strength: 1,
    optimizer: 'lars',
    learningRate: 0.2,
    weightDecay: 1.5e-6,
    warmupEpochs: 10,
  },
  smallData: {
    // A wide head costs more than the small backbone itself.
    hidden: 256,
    dimension: 64,
    // .996 remembers 250 steps: the target of a run of some thousand steps would stay near its random start; .9 is worse.
    momentum: 0.97,
    // A crop of 8 % of a 32 pixel image shows 9 x 9 pixels: nothing to recognise.
    cropScale: 0.25,
    // AdamW at 2e-3 loses dimensions (RankMe 35 of 128, .481 on the emoji after 200,000 views, untrained .473); SGD keeps 40 and reaches .497.
    optimizer: 'sgd',
    learningRate: 0.2,
    weightDecay: 1e-4,
    warmupEpochs: 0,
  },
  create(context, options) {
    const { cropScale, strength, momentum, optimizer, learningRate, weightDecay, warmupEpochs, ...network } = options;
    const { backbone, imageSize, channels } = context;
    return {
      method: byol({ backbone, momentum: cosine(momentum, 1), ...network }),
      views: byolViews({ size: imageSize, channels, scale: [cropScale, 1], strength }),
      recipe: scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
    };
  },
};
