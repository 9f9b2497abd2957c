import { swavViews } from '@ssl/augment';
import { isVisionTransformer, scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { swav, swavDefaults } from './swav.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
export type SwavPluginOptions = RecipeOptions & {
  readonly hidden: number;
  readonly dimension: number;
  readonly prototypes: number;
  readonly temperature: number;
  readonly epsilon: number;
  readonly iterations: number;
  /** Small crops beside the two large ones. */
  readonly localCrops: number;
  readonly queue: number;
  readonly queueFrom: number;
  readonly frozenPrototypes: number;
  /** Least share of an image's area that a large crop shows; small crops show less. */
  readonly cropScale: number;
  /** Factor on the paper's colour jitter. */
  readonly strength: number;
};

const { crops, ...networkDefaults } = swavDefaults;

/** SwAV for `ssl train --method swav`. The code's last rate is a thousandth of the highest, and its warm-up starts at .3; here both are 0. */
export const swavPlugin: MethodPlugin<SwavPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'swav',
  summary: 'SwAV: predict, from one crop, the cluster that another crop of the image is assigned to',
  defaults: {
    ...networkDefaults,
    localCrops: crops - 2,
    cropScale: 0.14,
    strength: 1,
    optimizer: 'lars',
    learningRate: 0.3, // 4.8 for 4096 images
    weightDecay: 1e-6,
    warmupEpochs: 10,
  },
  smallData: {
    // 3000 clusters for a million images; a few images for each cluster of a small set.
    prototypes: 128,
    hidden: 256,
    dimension: 64,
    // Small crops of small images show nothing; two views cost what the other methods' views cost.
    localCrops: 0,
    // So long that the projector finds directions, a small part of a short run.
    frozenPrototypes: 40,
    // Sharper codes: with .05 the loss stays at ln(prototypes) in a short run.
    epsilon: 0.03,
    cropScale: 0.25,
    // Half the colour distortion, as SimCLR has for CIFAR: on the emoji .536 against .490 after 200,000 views (kNN).
    strength: 0.5,
    optimizer: 'adamw',
    learningRate: 2e-3,
    weightDecay: 0.01,
    warmupEpochs: 0,
  },
  create(context, options) {
    const { cropScale, strength, localCrops, optimizer, learningRate, weightDecay, warmupEpochs, ...network } = options;
    const { backbone, imageSize, channels } = context;
    return {
      method: swav({ backbone, crops: 2 + localCrops, ...network }),
      views: swavViews({ size: imageSize, channels, scale: [cropScale, 1], strength, localCount: localCrops, ...(isVisionTransformer(backbone) ? { patchSize: backbone.options.patchSize } : {}) }),
      recipe: scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
    };
  },
};
