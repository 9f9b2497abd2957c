import { simclrViews } from '@ssl/augment';
import { scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { simclr, simclrDefaults } from './simclr.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
export type SimclrPluginOptions = RecipeOptions & {
  readonly temperature: number;
  readonly projectorLayers: number;
  readonly projectorWidth: number;
  readonly dimension: number;
  readonly projectorBatchNorm: 'none' | 'hidden' | 'all';
  /** Projector layers that stay with the backbone in evaluation and fine-tuning: 1 in SimCLR v2. */
  readonly keptLayers: number;
  /** Least share of an image's area that a crop shows. */
  readonly cropScale: number;
  /** Strength of the colour jitter. */
  readonly strength: number;
  /** Probability of the Gaussian blur. */
  readonly blur: number;
};

/** SimCLR for `ssl train --method simclr`: the authors' ImageNet settings, and a preset for small data. */
export const simclrPlugin: MethodPlugin<SimclrPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'simclr',
  summary: 'SimCLR: contrast two views of an image with all other images of the batch',
  defaults: {
    ...simclrDefaults,
    cropScale: 0.08,
    strength: 1,
    blur: 0.5,
    optimizer: 'lars',
    learningRate: 0.3,
    weightDecay: 1e-4,
    warmupEpochs: 10,
  },
  smallData: {
    // Sharper than the paper's 0.5 for CIFAR, as few epochs need: on the emoji .558 with .1 and .544 with .2 after 200,000 views (kNN).
    temperature: 0.1,
    // A wide projector costs more than the small backbone itself; 2 layers of 256 and 64 train as well here.
    projectorLayers: 2,
    projectorWidth: 256,
    dimension: 64,
    // As PyTorch's marks were made: batch norm between the layers, plain projections.
    projectorBatchNorm: 'hidden',
    // A crop of 8 % of a 32 pixel image shows 9 x 9 pixels: nothing to recognise.
    cropScale: 0.25,
    // The paper's values for CIFAR (appendix B.9): half the colour distortion, no blur at 32 pixels.
    strength: 0.5,
    blur: 0,
    // LARS is for batches of thousands; AdamW gets going in the first of few epochs, without warm-up.
    optimizer: 'adamw',
    learningRate: 2e-3,
    weightDecay: 0.01,
    warmupEpochs: 0,
  },
  create(context, options) {
    const { cropScale, strength, blur, optimizer, learningRate, weightDecay, warmupEpochs, ...network } = options;
    const { backbone, imageSize, channels } = context;
    return {
      method: simclr({ backbone, ...network }),
      views: simclrViews({ size: imageSize, channels, scale: [cropScale, 1], strength, blur }),
      recipe: scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
    };
  },
};
