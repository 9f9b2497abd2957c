import { maeViews, withMasks } from '@ssl/augment';
import { requireVisionTransformer, scaledRecipe, visionTransformer, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { simmim } from './simmim.js';
import { squareMasks } from './square-masks.js';

export type SimmimPluginOptions = RecipeOptions & {
  /** Share of hidden patches. */
  readonly maskRatio: number;
  /** Side in patches of the squares that are hidden together: 32 pixels in the paper. */
  readonly maskUnit: number;
  readonly pool: 'class' | 'mean';
  /** Least share of an image's area that the crop shows. */
  readonly cropScale: number;
};

/** SimMIM for `ssl train --method simmim`: the paper's settings, and a preset for small data. Needs a Vision Transformer. */
export const simmimPlugin: MethodPlugin<SimmimPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'simmim',
  summary: 'SimMIM: say what the pixels of hidden patches are, from all tokens, with one linear layer (needs a ViT)',
  defaults: {
    maskRatio: 0.6,
    maskUnit: 2,
    pool: 'mean',
    cropScale: 0.67,
    optimizer: 'adamw',
    // 8e-4 for batches of 2048.
    learningRate: 1e-4,
    weightDecay: 0.05,
    warmupEpochs: 10,
  },
  // Ten times the paper's rate, for few steps with batches of 256.
  smallData: { learningRate: 1e-3, warmupEpochs: 2 },
  create(context, options) {
    const { maskRatio, maskUnit, pool, cropScale, ...recipe } = options;
    const { imageSize, channels } = context;
    const { options: network } = requireVisionTransformer(context.backbone, 'simmim');
    const classToken = network.classToken || pool === 'class';
    const backbone = visionTransformer({ ...network, imageSize, pool, classToken, maskToken: true });
    const side = imageSize / network.patchSize;
    return {
      method: simmim({ backbone }),
      views: withMasks(
        maeViews({ size: imageSize, channels, scale: [cropScale, 1] }),
        squareMasks({ grid: [side, side], ratio: maskRatio, unit: maskUnit }),
      ),
      recipe: scaledRecipe(context, recipe),
    };
  },
};
