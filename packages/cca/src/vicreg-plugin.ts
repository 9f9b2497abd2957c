import { vicregViews } from '@ssl/augment';
import { scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { vicreg, vicregDefaults } from './vicreg.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
export type VicregPluginOptions = RecipeOptions & {
  readonly dimension: number;
  readonly layers: number;
  readonly invariance: number;
  readonly variance: number;
  readonly covariance: number;
  /** Least share of an image's area that a crop shows. */
  readonly cropScale: number;
  /** Factor on the paper's colour jitter. */
  readonly strength: number;
};

/** VICReg for `ssl train --method vicreg`. The code's last rate is a thousandth of the highest; here it is 0. */
export const vicregPlugin: MethodPlugin<VicregPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'vicreg',
  summary: 'VICReg: two views agree, every dimension keeps its spread, no two dimensions say the same',
  defaults: {
    ...vicregDefaults,
    cropScale: 0.08,
    strength: 1,
    optimizer: 'lars',
    learningRate: 0.2,
    weightDecay: 1e-6,
    warmupEpochs: 10,
  },
  smallData: {
    // A batch of 256 says little about the covariance of 8192 dimensions.
    dimension: 256,
    layers: 2,
    cropScale: 0.25,
    // Half of the paper's colour distortion: .574 against .569 on the emoji (1 million views, one seed, kNN).
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
      method: vicreg({ backbone, ...network }),
      views: vicregViews({ size: imageSize, channels, scale: [cropScale, 1], strength }),
      recipe: scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
    };
  },
};
