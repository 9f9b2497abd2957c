import { blockMasks, withMasks } from '@ssl/augment';
import { beitOptions, requireVisionTransformer, scaledRecipe, SslError, visionTransformer, type MethodPlugin, type RecipeOptions, type VisionTransformerOptions } from '@ssl/core';
import { beit } from './beit.js';
import { beitViews } from './beit-views.js';
import { requireTokenizer } from './tokenizer.js';

/** Options of `ssl train --method beit`. */
export type BeitPluginOptions = RecipeOptions & {
  /** Share of hidden patches. */
  readonly maskRatio: number;
  /** Fewest patches of a block. */
  readonly minimumBlock: number;
  /** First value of the learned factors on each branch; 0 for none. */
  readonly layerScale: number;
  /** Probability of stochastic depth in the last block. */
  readonly stochasticDepth: number;
  /** Gradients with a larger norm are scaled down to it; 0 for none. */
  readonly clipNorm: number;
  /** Strength of the jitter of brightness, contrast and saturation. */
  readonly jitter: number;
  /** Least share of an image's area that the crop shows. */
  readonly cropScale: number;
};

/** BEiT for `ssl train --method beit --tokenizer RUN`: the paper's settings, and a preset for small data. Needs a Vision Transformer. */
export const beitPlugin: MethodPlugin<BeitPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'beit',
  summary: 'BEiT: say which token a trained tokenizer gives hidden patches (needs a ViT and --tokenizer RUN of dvae or vq-kd)',
  network: 'transformer',
  frozen: ['tokenizer'],
  defaults: {
    maskRatio: 0.4,
    minimumBlock: 16,
    layerScale: 0.1,
    stochasticDepth: 0.1,
    clipNorm: 3,
    jitter: 0.4,
    cropScale: 0.08,
    optimizer: 'adamw',
    // 1.5e-3 for batches of 2048.
    learningRate: 1.875e-4,
    weightDecay: 0.05,
    warmupEpochs: 10,
  },
  smallData: {
    // Blocks of 16 of 196 patches in the paper; the same share of an 8 x 8 grid.
    minimumBlock: 5,
    stochasticDepth: 0,
    // Factors of 0.1 on each branch hold a short run back.
    layerScale: 0,
    cropScale: 0.5,
    // Ten times the paper's rate, for few steps with batches of 256.
    learningRate: 1.5e-3,
    warmupEpochs: 2,
  },
  create(context, options) {
    const { maskRatio, minimumBlock, layerScale, stochasticDepth, clipNorm, jitter, cropScale, ...recipe } = options;
    const { imageSize, channels, frozen } = context;
    const { options: given } = requireVisionTransformer(context.backbone, 'beit');
    if (frozen?.tokenizer === undefined) {
      throw new SslError('beit needs a tokenizer that was trained first, got none. Train one with ssl train --method dvae, then give its run: --tokenizer runs/NAME.', {
        from: '@ssl/mim',
      });
    }
    const network = { ...given, ...beitOptions };
    const backbone = visionTransformer({
      ...withoutLayerScale(network),
      imageSize,
      stochasticDepth,
      classToken: true,
      registers: 0,
      maskToken: true,
      ...(layerScale > 0 ? { layerScale } : {}),
    });
    const side = imageSize / network.patchSize;
    const count = Math.max(1, Math.floor(side * side * maskRatio + 1e-9));
    return {
      method: beit({ backbone, tokenizer: frozen.tokenizer, maskedPatches: count }),
      views: withMasks(
        beitViews({ size: imageSize, tokenizerSize: side * requireTokenizer(frozen.tokenizer.method).stride, channels, scale: [cropScale, 1], jitter }),
        blockMasks({ grid: [side, side], count, minimumBlock: Math.min(minimumBlock, count) }),
      ),
      recipe: { ...scaledRecipe(context, recipe), ...(clipNorm > 0 ? { clipNorm } : {}) },
    };
  },
};

function withoutLayerScale(options: VisionTransformerOptions): VisionTransformerOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'layerScale'));
}
