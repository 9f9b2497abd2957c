import { dinoViews } from '@ssl/augment';
import { cosine, isVisionTransformer, scaledRecipe, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { dino, dinoDefaults } from './dino.js';
import { teacherWarmup } from './teacher-warmup.js';
import { withStochasticDepth } from './with-stochastic-depth.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
export type DinoPluginOptions = RecipeOptions & {
  readonly hidden: number;
  readonly layers: number;
  readonly bottleneck: number;
  readonly outputs: number;
  readonly batchNorm: boolean;
  readonly headDeviation: number;
  readonly normLastLayer: boolean;
  /** Probability of stochastic depth in the last block of a ViT student; other networks have none. */
  readonly stochasticDepth: number;
  readonly temperature: number;
  readonly centreMomentum: number;
  /** Small crops beside the two large ones. */
  readonly localCrops: number;
  /** Momentum of the teacher at the start; it rises to 1 along half a cosine. */
  readonly momentum: number;
  /** Temperature of the teacher at the start and after its warm-up. */
  readonly teacherTemperatureStart: number;
  readonly teacherTemperature: number;
  readonly teacherTemperatureEpochs: number;
  /** Epochs in which the last layer stays as it started. */
  readonly frozenLastLayerEpochs: number;
  /** Weight decay in the last step; it grows along half a cosine. */
  readonly weightDecayEnd: number;
  /** A parameter's gradient with a larger norm is scaled down to it; 0 for none. */
  readonly clipNorm: number;
  /** Least share of an image's area that a large crop shows; small crops show less. */
  readonly cropScale: number;
};

/**
 * DINO for `ssl train --method dino`: its code's defaults with the teacher's temperature of its longer ViT runs (.04 to .07 in 30 epochs),
 * and a preset for small data. The code's last rate is 1e-6; here it is 0. For ViT-S alone its README also learns the lengths of the
 * last layer's rows (`normLastLayer: false`).
 */
export const dinoPlugin: MethodPlugin<DinoPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'dino',
  summary: 'DINO: predict, from small and large crops, what the average of the network says of the large ones',
  defaults: {
    hidden: dinoDefaults.hidden,
    layers: dinoDefaults.layers,
    bottleneck: dinoDefaults.bottleneck,
    outputs: dinoDefaults.outputs,
    batchNorm: dinoDefaults.batchNorm,
    headDeviation: dinoDefaults.headDeviation,
    normLastLayer: dinoDefaults.normLastLayer,
    stochasticDepth: 0.1,
    temperature: dinoDefaults.temperature,
    centreMomentum: dinoDefaults.centreMomentum,
    localCrops: 8,
    momentum: 0.996,
    teacherTemperatureStart: 0.04,
    teacherTemperature: 0.07,
    teacherTemperatureEpochs: 30,
    frozenLastLayerEpochs: 1,
    optimizer: 'adamw',
    learningRate: 5e-4,
    weightDecay: 0.04,
    weightDecayEnd: 0.4,
    clipNorm: 3,
    warmupEpochs: 10,
    cropScale: 0.4,
  },
  smallData: {
    // 65,536 clusters for a million images; a few images for each output of a small set.
    outputs: 1024,
    hidden: 256,
    layers: 2,
    bottleneck: 64,
    // lightly's CIFAR setting for convolutional networks.
    batchNorm: true,
    // Adam's steps do not know how small the weights are: at a rate of 2e-3 from the first step on, weights of .02 are new after ten.
    headDeviation: 0,
    stochasticDepth: 0,
    // Small crops of small images show nothing; two views cost what the other methods' views cost.
    localCrops: 0,
    // .996 remembers 250 steps: the teacher of a run of some thousand steps would stay near its random start.
    momentum: 0.97,
    teacherTemperature: 0.04,
    teacherTemperatureEpochs: 0,
    frozenLastLayerEpochs: 0,
    learningRate: 2e-3,
    weightDecayEnd: 0.04,
    warmupEpochs: 0,
    cropScale: 0.25,
  },
  create(context, options) {
    const { imageSize, channels, stepsPerEpoch } = context;
    const { localCrops, momentum, cropScale, weightDecay, weightDecayEnd, clipNorm, frozenLastLayerEpochs, stochasticDepth, ...network } = options;
    return {
      method: dino({
        ...network,
        // 0 leaves the network's own.
        backbone: stochasticDepth > 0 ? withStochasticDepth(context.backbone, stochasticDepth) : context.backbone,
        crops: 2 + localCrops,
        momentum: cosine(momentum, 1),
        teacherTemperature: teacherWarmup(options, context),
        frozenLastLayer: frozenLastLayerEpochs * stepsPerEpoch,
      }),
      views: dinoViews({ size: imageSize, channels, scale: [cropScale, 1], localCount: localCrops, ...(isVisionTransformer(context.backbone) ? { patchSize: context.backbone.options.patchSize } : {}) }),
      recipe: {
        ...scaledRecipe(context, options),
        weightDecay: cosine(weightDecay, weightDecayEnd),
        ...(clipNorm > 0 ? { clipNorm: { limit: clipNorm, per: 'parameter' } } : {}),
      },
    };
  },
};
