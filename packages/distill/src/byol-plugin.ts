import { byolViews } from '@ssl/augment';
import { cosine, scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { byol, byolDefaults } from './byol.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
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
    // .996 remembers 250 steps: the target of a run of some thousand steps would stay near its random start. On the emoji, 1 million views,
    // one seed (kNN): .582 with .9 and .561 with .97.
    momentum: 0.9,
    // A crop of 8 % of a 32 pixel image shows 9 x 9 pixels: nothing to recognise.
    cropScale: 0.25,
    // Half of the paper's colour distortion: colour tells drawings apart.
    strength: 0.5,
    // AdamW at 2e-3 loses dimensions (RankMe 35 of 128, .481 after 200,000 views, untrained .473). The loss is four times SimSiam's, so a
    // quarter of its rate with four times its decay is the same SGD: .561 and RankMe 58, against .543 with rate .2 and decay 1e-4.
    optimizer: 'sgd',
    learningRate: 0.075,
    weightDecay: 2e-3,
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
