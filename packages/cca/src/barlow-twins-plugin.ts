import { byolViews } from '@ssl/augment';
import { scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { barlowTwins, barlowTwinsDefaults } from './barlow-twins.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
export type BarlowTwinsPluginOptions = RecipeOptions & {
  readonly dimension: number;
  readonly layers: number;
  readonly lambda: number;
  readonly scale: number;
  readonly biasRate: number;
  /** Least share of an image's area that a crop shows. */
  readonly cropScale: number;
  /** Factor on the paper's colour jitter. */
  readonly strength: number;
};

/** Barlow Twins for `ssl train --method barlow-twins`. Its views are BYOL's, as in the paper. The code's last rate is a thousandth of the highest; here it is 0. */
export const barlowTwinsPlugin: MethodPlugin<BarlowTwinsPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'barlow-twins',
  summary: 'Barlow Twins: two views agree in every dimension, and no two dimensions say the same',
  defaults: {
    ...barlowTwinsDefaults,
    cropScale: 0.08,
    strength: 1,
    optimizer: 'lars',
    learningRate: 0.2,
    weightDecay: 1e-6,
    warmupEpochs: 10,
  },
  smallData: {
    // 8192 dimensions are estimated from batches of 2048; a batch of 256 supports a few hundred.
    dimension: 256,
    layers: 2,
    // The off-diagonal terms grow with the square of the dimension: the paper's .0051 at 8192 is about this at 256.
    lambda: 0.02,
    biasRate: 1, // a matter of LARS
    cropScale: 0.25,
    // Half of the paper's colour distortion: .566 against .564 on the emoji (1 million views, one seed, kNN).
    strength: 0.5,
    optimizer: 'adamw',
    learningRate: 2e-3,
    weightDecay: 0.01,
    warmupEpochs: 0,
  },
  create(context, options) {
    const { cropScale, strength, optimizer, learningRate, weightDecay, warmupEpochs, ...network } = options;
    const { backbone, imageSize, channels } = context;
    return {
      method: barlowTwins({ backbone, ...network }),
      views: byolViews({ size: imageSize, channels, scale: [cropScale, 1], strength }),
      recipe: scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
    };
  },
};
