import { maeViews } from '@ssl/augment';
import { constant, requireVisionTransformer, scaledRecipe, SslError, visionTransformer, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { vqKd, vqKdDefaults } from './vq-kd.js';

/** Options of `ssl train --method vq-kd`. */
export type VqKdPluginOptions = RecipeOptions & {
  readonly vocabulary: number;
  readonly codeDimension: number;
  readonly decoderDepth: number;
  /** Momentum of the codes. */
  readonly momentum: number;
  readonly commitment: number;
  readonly firstCodes: 'random' | 'batch';
  /** Least share of an image's area that the crop shows. */
  readonly cropScale: number;
};

/** VQ-KD for `ssl train --method vq-kd --teacher RUN`: the settings of BEiT v2, and a preset for small data. Needs a Vision Transformer. */
export const vqKdPlugin: MethodPlugin<VqKdPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'vq-kd',
  summary: "VQ-KD: BEiT v2's tokenizer, codes from which a teacher's features are said (needs a ViT and --teacher RUN of any method)",
  network: 'transformer',
  frozen: ['teacher'],
  defaults: {
    vocabulary: vqKdDefaults.vocabulary,
    codeDimension: vqKdDefaults.codeDimension,
    decoderDepth: vqKdDefaults.decoderDepth,
    momentum: 0.99,
    commitment: vqKdDefaults.commitment,
    firstCodes: vqKdDefaults.firstCodes,
    cropScale: 0.08,
    optimizer: 'adamw',
    // 5e-5 in the paper's code for batches of 64 on each of 8 devices.
    learningRate: 1e-4,
    weightDecay: 1e-4,
    warmupEpochs: 5,
  },
  smallData: {
    // Some thousand patches of a small set do not fill 8192 codes.
    vocabulary: 256,
    codeDimension: 16,
    decoderDepth: 1,
    // .99 remembers a hundred steps of the few that there are.
    momentum: 0.95,
    cropScale: 0.5,
    learningRate: 1e-3,
    warmupEpochs: 2,
  },
  create(context, options) {
    const { momentum, cropScale, vocabulary, codeDimension, decoderDepth, commitment, firstCodes, ...recipe } = options;
    const { imageSize, channels, frozen } = context;
    const { options: network } = requireVisionTransformer(context.backbone, 'vq-kd');
    if (frozen?.teacher === undefined) {
      throw new SslError('vq-kd needs a teacher that was trained first, got none. Train one with any method, then give its run: --teacher runs/NAME.', { from: '@ssl/mim' });
    }
    const backbone = visionTransformer({ ...network, imageSize });
    return {
      method: vqKd({ backbone, teacher: frozen.teacher, momentum: constant(momentum), vocabulary, codeDimension, decoderDepth, commitment, firstCodes }),
      views: maeViews({ size: imageSize, channels, scale: [cropScale, 1] }),
      recipe: { ...scaledRecipe(context, recipe), optimizerOptions: { beta1: 0.9, beta2: 0.99 } },
    };
  },
};
