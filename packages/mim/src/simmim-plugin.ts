import { maeViews, withMasks } from '@ssl/augment';
import { SslError, requireVisionTransformer, scaledRecipe, visionTransformer, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { simmim } from './simmim.js';
import { squareMasks } from './square-masks.js';

/** Options of `ssl train --method simmim`. */
export type SimmimPluginOptions = RecipeOptions & {
  /** Share of hidden patches. */
  readonly maskRatio: number;
  /** Side in patches of the squares that are hidden together: 32 pixels in the paper. */
  readonly maskUnit: number;
  readonly pool: 'class' | 'mean';
  /** Probability of stochastic depth in the last block. */
  readonly stochasticDepth: number;
  /** Gradients with a larger norm are scaled down to it; 0 for none. */
  readonly clipNorm: number;
  /** Least share of an image's area that the crop shows. */
  readonly cropScale: number;
};

/** SimMIM for `ssl train --method simmim`: the settings of the authors' ViT-B, and a preset for small data. Needs a Vision Transformer. */
export const simmimPlugin: MethodPlugin<SimmimPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'simmim',
  summary: 'SimMIM: say what the pixels of hidden patches are, from all tokens, with one linear layer (needs a ViT)',
  network: 'transformer',
  defaults: {
    maskRatio: 0.6,
    maskUnit: 2,
    pool: 'mean',
    cropScale: 0.67,
    stochasticDepth: 0.1,
    clipNorm: 5,
    optimizer: 'adamw',
    // 1e-4 for batches of 512 in the authors' configuration of ViT-B (their Swin-B: twice that).
    learningRate: 5e-5,
    weightDecay: 0.05,
    warmupEpochs: 10,
  },
  // Twenty times the authors' rate, for few steps with batches of 256.
  smallData: { stochasticDepth: 0, learningRate: 1e-3, warmupEpochs: 2 },
  create(context, options) {
    const { maskRatio, maskUnit, pool, cropScale, stochasticDepth, clipNorm, ...recipe } = options;
    const { imageSize, channels } = context;
    const { options: network } = requireVisionTransformer(context.backbone, 'simmim');
    const classToken = network.classToken || pool === 'class';
    const backbone = visionTransformer({ ...network, imageSize, pool, classToken, stochasticDepth, maskToken: true });
    const side = imageSize / network.patchSize;
    if (side % maskUnit !== 0) {
      throw new SslError(`simmim hides squares of maskUnit x maskUnit patches, which ${side} x ${side} patches cannot be split into with maskUnit ${maskUnit}. Use maskUnit 1, or another image size.`, { from: '@ssl/mim' });
    }
    return {
      method: simmim({ backbone }),
      views: withMasks(
        maeViews({ size: imageSize, channels, scale: [cropScale, 1] }),
        squareMasks({ grid: [side, side], ratio: maskRatio, unit: maskUnit }),
      ),
      recipe: { ...scaledRecipe(context, recipe), ...(clipNorm > 0 ? { clipNorm } : {}) },
    };
  },
};
