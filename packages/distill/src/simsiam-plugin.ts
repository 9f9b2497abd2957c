import { mocoV2Views } from '@ssl/augment';
import { scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { simsiam, simsiamDefaults } from './simsiam.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
export type SimsiamPluginOptions = RecipeOptions & {
  readonly dimension: number;
  readonly layers: number;
  readonly bottleneck: number;
  readonly stopGradient: boolean;
  /** Least share of an image's area that a crop shows. */
  readonly cropScale: number;
  /** Factor on the paper's colour jitter. */
  readonly strength: number;
};

/** SimSiam for `ssl train --method simsiam`. Its views are MoCo v2's, as in the paper. */
export const simsiamPlugin: MethodPlugin<SimsiamPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'simsiam',
  summary: 'SimSiam: predict one view from the other, with a stop-gradient and nothing else',
  defaults: {
    ...simsiamDefaults,
    cropScale: 0.2,
    strength: 1,
    optimizer: 'sgd',
    learningRate: 0.05,
    weightDecay: 1e-4,
    warmupEpochs: 0,
  },
  smallData: {
    // A wide head costs more than the small backbone itself; 2 layers as the paper has for CIFAR.
    dimension: 256,
    layers: 2,
    bottleneck: 64,
    // A crop of 20 % of a 32 pixel image shows 14 x 14 pixels.
    cropScale: 0.25,
    // Half of the paper's colour distortion: .498 against .495 on the emoji after 200,000 views; colour tells drawings apart.
    strength: 0.5,
    // As in the paper, at six times its rate: few steps. AdamW at 2e-3 loses dimensions (RankMe 32 of 128, .464, below the untrained .473).
    optimizer: 'sgd',
    learningRate: 0.3,
    // The CIFAR setting of the paper. On the emoji, 1 million views, one seed (kNN): .567 against .549 with 1e-4.
    weightDecay: 5e-4,
    warmupEpochs: 0,
  },
  create(context, options) {
    const { cropScale, strength, optimizer, learningRate, weightDecay, warmupEpochs, ...network } = options;
    const { backbone, imageSize, channels } = context;
    return {
      method: simsiam({ backbone, ...network }),
      views: mocoV2Views({ size: imageSize, channels, scale: [cropScale, 1], strength }),
      recipe: scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
    };
  },
};
