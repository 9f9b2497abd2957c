import { maeViews, maskedCount, randomMasks, withMasks } from '@ssl/augment';
import { requireVisionTransformer, scaledRecipe, visionTransformer, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { mae, maeDefaults } from './mae.js';

/** Options of `ssl train --method mae`. */
export type MaePluginOptions = RecipeOptions & {
  readonly decoderWidth: number;
  readonly decoderDepth: number;
  readonly decoderHeads: number;
  readonly normalizeTargets: boolean;
  /** Share of hidden patches. */
  readonly maskRatio: number;
  /** Features for evaluation: the class token or the mean of the patches. */
  readonly pool: 'class' | 'mean';
  /** Least share of an image's area that the crop shows. */
  readonly cropScale: number;
};

/** MAE for `ssl train --method mae`: the paper's settings, and a preset for small data. Needs a Vision Transformer. */
export const maePlugin: MethodPlugin<MaePluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'mae',
  summary: 'MAE: see a quarter of the patches and say what the pixels of the others are (needs a ViT)',
  network: 'transformer',
  defaults: {
    ...maeDefaults,
    maskRatio: 0.75,
    pool: 'class',
    cropScale: 0.2,
    optimizer: 'adamw',
    learningRate: 1.5e-4,
    weightDecay: 0.05,
    warmupEpochs: 40,
  },
  smallData: {
    // A decoder of 512 features is wider than a tiny encoder.
    decoderWidth: 96,
    decoderDepth: 2,
    decoderHeads: 3,
    // Nothing in the loss asks the class token for anything; without fine-tuning the patches' mean says more.
    pool: 'mean',
    cropScale: 0.5,
    // Ten times the paper's rate, for few steps with batches of 256.
    learningRate: 1.5e-3,
    warmupEpochs: 2,
  },
  create(context, options) {
    const { maskRatio, pool, cropScale, optimizer, learningRate, weightDecay, warmupEpochs, ...decoder } = options;
    const { imageSize, channels } = context;
    const { options: network } = requireVisionTransformer(context.backbone, 'mae');
    const classToken = network.classToken || pool === 'class';
    const backbone = visionTransformer({ ...network, imageSize, pool, classToken, positions: 'sincos', initialisation: 'mae' });
    const patches = (imageSize / network.patchSize) ** 2;
    return {
      method: mae({ backbone, ...decoder }),
      views: withMasks(
        maeViews({ size: imageSize, channels, scale: [cropScale, 1] }),
        randomMasks({ patches, masked: maskedCount(patches, maskRatio) }),
      ),
      recipe: {
        ...scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
        optimizerOptions: { beta1: 0.9, beta2: 0.95 },
      },
    };
  },
};
