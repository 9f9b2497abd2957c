import { dinoV2Views, dinoViews, imageMasks, withMasks } from '@ssl/augment';
import { cosine, requireVisionTransformer, scaledRecipe, visionTransformer } from '@ssl/core';
import type { ClipNorm, MethodContext, MethodPlugin } from '@ssl/core';
import type { DinoPluginOptions } from './dino-plugin.js';
import { dinoV2, dinoV2Defaults, ibot, ibotDefaults, type IbotOptions } from './ibot.js';
import { teacherWarmup } from './teacher-warmup.js';

/** DINO's options and those of the patches; `clipNorm` limits each parameter (iBOT) or sub-module (DINOv2). */
export type IbotPluginOptions = Omit<DinoPluginOptions, 'batchNorm'> & {
  readonly patchOutputs: number;
  readonly heads: 'shared' | 'separate';
  readonly centring: 'mean' | 'sinkhorn';
  readonly classWeight: number;
  readonly patchWeight: number;
  readonly koleoWeight: number;
  readonly layerDecay: number;
  readonly patchEmbedRate: number;
  /** Share of the large crops of which patches are hidden, and how large a part of their patches. */
  readonly maskProbability: number;
  readonly maskRatioLowest: number;
  readonly maskRatioHighest: number;
  /** Probability of stochastic depth in the student's last block. */
  readonly stochasticDepth: number;
  /** First value of the learned factors on each branch; 0 leaves the network's own. */
  readonly layerScale: number;
};

const shared = {
  maskProbability: 0.5,
  maskRatioLowest: 0.1,
  maskRatioHighest: 0.5,
  teacherTemperatureStart: 0.04,
  teacherTemperature: 0.07,
  teacherTemperatureEpochs: 30,
  frozenLastLayerEpochs: 1,
  optimizer: 'adamw',
  weightDecay: 0.04,
  weightDecayEnd: 0.4,
  clipNorm: 3,
  warmupEpochs: 10,
} as const;

const smallData = {
  // 8192 clusters and more for a million images; a few images for each output of a small set.
  outputs: 512,
  patchOutputs: 512,
  hidden: 256,
  layers: 2,
  bottleneck: 64,
  // Adam's steps do not know how small the weights are: with hardly a warm-up, weights of .02 are new after some ten of them.
  headDeviation: 0,
  normLastLayer: true,
  // Small crops of small images show nothing; two views cost what the other methods' views cost.
  localCrops: 0,
  // .996 remembers 250 steps: the teacher of a run of some thousand steps would stay near its random start.
  momentum: 0.99,
  teacherTemperature: 0.04,
  teacherTemperatureEpochs: 0,
  frozenLastLayerEpochs: 0,
  stochasticDepth: 0,
  // A factor of 1e-5 on each branch takes longer to grow than a short run lasts.
  layerScale: 0,
  layerDecay: 1,
  patchEmbedRate: 1,
  // A tiny network with batches of 256 follows more than the papers' rate.
  learningRate: 1e-3,
  weightDecayEnd: 0.04,
  warmupEpochs: 1,
  cropScale: 0.25,
} as const;

/**
 * iBOT for `ssl train --method ibot`, and a preset for small data. Needs a Vision Transformer. The defaults are those of its code with
 * the flags of its README for ViT-S/16 (one head for both, 10 small crops, large ones from .25, learned lengths of the last layer's rows,
 * half of the images masked by .3 ± .2).
 */
export const ibotPlugin: MethodPlugin<IbotPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'ibot',
  summary: 'iBOT: DINO that also says what the teacher says of patches hidden from it (needs a ViT)',
  network: 'transformer',
  defaults: {
    ...flat(ibotDefaults),
    ...shared,
    normLastLayer: false,
    localCrops: 10,
    stochasticDepth: 0.1,
    layerScale: 0,
    momentum: 0.996,
    learningRate: 5e-4,
    cropScale: 0.25,
  },
  // Sinkhorn: with the running mean every image's class token starts so close to the others' that the teacher stays uniform in a short
  // run. On the emoji, one seed: kNN .468 and linear .451 after 300,000 views, untrained .456 and .394; with the mean .427 after 100,000.
  smallData: { ...smallData, centring: 'sinkhorn' },
  create: (context, options) => build(ibot, 'ibot', context, options),
};

/**
 * DINOv2 for `ssl train --method dinov2`, and a preset for small data. Needs a Vision Transformer. The rate grows with the root of the
 * batch: `learningRate` is that of a batch of 1024. With `--teacher RUN` it distils a larger network of DINOv2 or iBOT into this one.
 *
 * The defaults are those of the code's `ssl_default_config.yaml`, a ViT-L/16 on ImageNet-1k for 100 epochs (clusters, heads' widths,
 * KoLeo, masks, crops, temperatures, momentum, rate, layer decay, patch embedding, stochastic depth, layer scale), but for two values
 * that it has otherwise, `centering: centering` and `separate_head: false`: here Sinkhorn and separate heads, as in the paper and in
 * `vitl14.yaml` and `vitg14.yaml`, which train the published networks on 142 million images with other rates (2e-4, no layer decay,
 * momentum .994, 131,072 clusters, drop rate .4, 80 epochs of warm-up of 500, weight decay to .2). The code's last rate is 1e-6; here
 * it is 0.
 */
export const dinoV2Plugin: MethodPlugin<IbotPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'dinov2',
  summary: 'DINOv2: iBOT with separate heads, Sinkhorn centring, KoLeo and layer-wise rates; --teacher RUN distils a larger one (needs a ViT)',
  network: 'transformer',
  frozen: ['teacher'],
  defaults: {
    ...flat(dinoV2Defaults),
    ...shared,
    localCrops: 8,
    stochasticDepth: 0.3,
    layerScale: 1e-5,
    momentum: 0.992,
    learningRate: 4e-3,
    cropScale: 0.32,
  },
  // 1e-3 for a batch of 256 after the rule of the root. On the emoji, one seed: kNN .482 and linear .461 after 300,000 views, untrained
  // .456 and .394; with half the rate and two epochs of warm-up .453 after 100,000.
  smallData: { ...smallData, learningRate: 2e-3 },
  create(context, options) {
    const { batchSize } = context;
    // scaledRecipe takes the rate of a batch of 256 and scales it linearly.
    const learningRate = options.learningRate * Math.sqrt(batchSize / 1024) * (256 / batchSize);
    return build(dinoV2, 'dinov2', context, { ...options, learningRate });
  },
};

function build(method: (options: IbotOptions) => ReturnType<typeof ibot>, name: string, context: MethodContext, options: IbotPluginOptions) {
  const { imageSize, channels, stepsPerEpoch, frozen } = context;
  const { localCrops, cropScale, stochasticDepth, layerScale, maskProbability, maskRatioLowest, maskRatioHighest, ...rest } = options;
  const { options: network } = requireVisionTransformer(context.backbone, name);
  const teacher = frozen?.teacher;
  // Distillation does without masks and stochastic depth.
  const backbone = visionTransformer({
    ...network,
    imageSize,
    stochasticDepth: teacher === undefined ? stochasticDepth : 0,
    stochasticDepthRule: name === 'dinov2' ? 'uniform' : 'linear',
    maskToken: teacher === undefined,
    classToken: true,
    ...(layerScale > 0 ? { layerScale } : {}),
  });
  const side = imageSize / network.patchSize;
  const warm = teacherWarmup(rest, context);
  const per: ClipNorm['per'] = name === 'dinov2' ? subModule : 'parameter';
  const makeViews = name === 'dinov2' ? dinoV2Views : dinoViews;
  const views = makeViews({ size: imageSize, channels, scale: [cropScale, 1], localCount: localCrops, patchSize: network.patchSize });
  return {
    method: method({
      ...rest,
      backbone,
      ...(teacher && { teacher }),
      crops: 2 + localCrops,
      momentum: cosine(rest.momentum, 1),
      teacherTemperature: warm,
      patchTeacherTemperature: warm,
      frozenLastLayer: rest.frozenLastLayerEpochs * stepsPerEpoch,
      // No image has more hidden patches than the highest ratio says.
      maskedPatches: Math.max(1, Math.floor(side * side * maskRatioHighest)),
    }),
    views: teacher === undefined ? withMasks(views, imageMasks({ grid: [side, side], probability: maskProbability, ratio: [maskRatioLowest, maskRatioHighest] })) : views,
    recipe: {
      ...scaledRecipe(context, rest),
      weightDecay: cosine(rest.weightDecay, rest.weightDecayEnd),
      ...(rest.clipNorm > 0 ? { clipNorm: { limit: rest.clipNorm, per } } : {}),
    },
  };
}

/** What DINOv2 clips on its own: the backbone, the head of the class token, the head of the patches, each with its last layer. */
function subModule(path: string): string {
  const name = path.slice(0, path.indexOf('.'));
  return { last_layer: 'head', patch_last_layer: 'patch_head' }[name] ?? name;
}

/** The method's defaults that are options on the command line. */
function flat({ hidden, layers, bottleneck, headDeviation, normLastLayer, outputs, patchOutputs, heads, centring, temperature, ...rest }: typeof ibotDefaults | typeof dinoV2Defaults) {
  const { centreMomentum, classWeight, patchWeight, koleoWeight, layerDecay, patchEmbedRate } = rest;
  const weights = { classWeight, patchWeight, koleoWeight };
  return { hidden, layers, bottleneck, headDeviation, normLastLayer, outputs, patchOutputs, heads, centring, temperature, centreMomentum, ...weights, layerDecay, patchEmbedRate };
}
