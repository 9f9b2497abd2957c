import { byolViews } from '@ssl/augment';
import { cosine, requireVisionTransformer, scaledRecipe, visionTransformer } from '@ssl/core';
import type { Backbone, MethodContext, MethodPlugin, RecipeOptions } from '@ssl/core';
import { mocoV3, mocoV3Defaults, mocoV3VitDefaults } from './moco-v3.js';

/** Options of MoCo v3, its views and its recipe, flat, as a configuration file gives them. */
export type MocoV3PluginOptions = RecipeOptions & {
  readonly projectorLayers: number;
  readonly hidden: number;
  readonly dimension: number;
  readonly predictorBatchNorm: boolean;
  readonly temperature: number;
  /** Momentum of the key network at the start; it rises to 1 along half a cosine. */
  readonly momentum: number;
  /** Is the patch projection of a ViT left as it started? */
  readonly frozenPatches: boolean;
  /** Least share of an image's area that a crop shows. */
  readonly cropScale: number;
};

const { name: resnetName, ...resnet } = mocoV3Defaults;
const { name: vitName, ...vit } = mocoV3VitDefaults;

const smallData = {
  // A wide head costs more than the small backbone itself.
  hidden: 256,
  dimension: 64,
  // Sharper than 1: with 64 to 256 keys in the batch few are hard. solo-learn's CIFAR setting, and the ViT recipe's.
  temperature: 0.2,
  // .99 remembers 100 steps and rises to 1 from there: half the length for runs of some thousand steps.
  momentum: 0.98,
  cropScale: 0.25,
  // LARS is for batches of thousands; AdamW gets going in the first of few epochs.
  optimizer: 'adamw',
  learningRate: 2e-3,
  weightDecay: 0.01,
  warmupEpochs: 0,
} as const;

/** MoCo v3 with the paper's ResNet-50 recipe (300 epochs) for `ssl train --method moco-v3`; any backbone. */
export const mocoV3Plugin: MethodPlugin<MocoV3PluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: resnetName,
  summary: 'MoCo v3: find the key of the other view in the batch; momentum network and predictor, no queue',
  defaults: {
    ...resnet,
    momentum: 0.99,
    cropScale: 0.2,
    optimizer: 'lars',
    learningRate: 0.3,
    weightDecay: 1e-6,
    warmupEpochs: 10,
  },
  smallData,
  create: (context, options) => build(resnetName, context.backbone, context, options),
};

/** MoCo v3 with the paper's ViT recipe for `ssl train --method moco-v3-vit`: the network's positions and first weights are the paper's. */
export const mocoV3VitPlugin: MethodPlugin<MocoV3PluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: vitName,
  summary: 'MoCo v3 for Vision Transformers: frozen random patch projection, fixed positions',
  network: 'transformer',
  defaults: {
    ...vit,
    momentum: 0.99,
    cropScale: 0.08,
    optimizer: 'adamw',
    learningRate: 1.5e-4,
    weightDecay: 0.1,
    warmupEpochs: 40,
  },
  // A transformer follows a tenth of the rate that suits a small convolutional network, and needs the warm-up.
  smallData: { ...smallData, learningRate: 1e-3, weightDecay: 0.05, warmupEpochs: 2 },
  create(context, options) {
    const { options: network } = requireVisionTransformer(context.backbone, vitName);
    return build(vitName, visionTransformer({ ...network, positions: 'sincosRows', initialisation: 'mocoV3' }), context, options);
  },
};

function build(name: string, backbone: Backbone, context: MethodContext, options: MocoV3PluginOptions) {
  const { cropScale, momentum, optimizer, learningRate, weightDecay, warmupEpochs, ...network } = options;
  const { imageSize: size, channels } = context;
  return {
    method: mocoV3({ name, backbone, momentum: cosine(momentum, 1), ...network }),
    views: byolViews({ size, channels, scale: [cropScale, 1] }),
    recipe: scaledRecipe(context, { optimizer, learningRate, weightDecay, warmupEpochs }),
  };
}
