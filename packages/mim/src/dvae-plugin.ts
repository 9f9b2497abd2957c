import { composeViews, randomResizedCrop } from '@ssl/augment';
import { cosine, linearRamp, type MethodPlugin, type RecipeOptions } from '@ssl/core';
import { dvae, dvaeDefaults } from './dvae.js';

/** Options of `ssl train --method dvae`. */
export type DvaePluginOptions = RecipeOptions & {
  readonly vocabulary: number;
  readonly width: number;
  readonly blocks: number;
  /** Pixels of a token's side, a power of two. A BEiT whose patches are larger shrinks the tokenizer's images to fit. */
  readonly stride: number;
  /** Temperature of the relaxation in the end, and the steps in which it falls from 1 to it. */
  readonly temperature: number;
  readonly temperatureSteps: number;
  /** Weight of the divergence from uniform tokens, and the steps in which it grows from 0. */
  readonly klWeight: number;
  readonly klSteps: number;
  readonly straightThrough: boolean;
  /** Least share of an image's area that the crop shows. */
  readonly cropScale: number;
};

/** The dVAE for `ssl train --method dvae`: DALL-E's settings, and a preset for small data. Brings its own network. */
export const dvaePlugin: MethodPlugin<DvaePluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'dvae',
  summary: "dVAE: BEiT's tokenizer, images drawn again from a grid of tokens (own network)",
  defaults: {
    vocabulary: dvaeDefaults.vocabulary,
    width: dvaeDefaults.width,
    blocks: dvaeDefaults.blocks,
    stride: 8,
    temperature: 1 / 16,
    temperatureSteps: 150_000,
    klWeight: 6.6,
    klSteps: 5000,
    straightThrough: dvaeDefaults.straightThrough,
    cropScale: 0.2,
    optimizer: 'adamw',
    // The paper's rate for its batches of 512 is 1e-4.
    learningRate: 5e-5,
    weightDecay: 1e-4,
    warmupEpochs: 0,
  },
  smallData: {
    // Some thousand patches of a small set do not fill 8192 tokens.
    vocabulary: 256,
    width: 32,
    blocks: 1,
    // As the patches of a small ViT on small images.
    stride: 4,
    // A short run: the temperature falls over the whole of it (0 steps), and stays where samples still vary.
    temperature: 0.25,
    temperatureSteps: 0,
    // Whole from the start: where the term grows slowly, a small dVAE has settled on one token before it counts.
    klWeight: 3,
    klSteps: 0,
    cropScale: 0.5,
    learningRate: 2e-3,
    warmupEpochs: 1,
  },
  create(context, options) {
    const { stride, temperature, temperatureSteps, klWeight, klSteps, cropScale, optimizer, learningRate, weightDecay, warmupEpochs, ...network } = options;
    const { imageSize, channels, batchSize, totalSteps, stepsPerEpoch } = context;
    const groups = Math.log2(stride) + 1;
    const peak = (learningRate * batchSize) / 256;
    const warmup = Math.min(warmupEpochs * stepsPerEpoch, Math.floor(totalSteps / 10));
    const falling = cosine(peak, peak / 80); // 1e-4 to 1.25e-6 in the paper
    return {
      method: dvae({
        ...network,
        channels,
        groups,
        temperature: cosine(1, temperature, temperatureSteps === 0 ? totalSteps : temperatureSteps),
        klWeight: linearRamp(0, klWeight, klSteps),
      }),
      views: composeViews([[randomResizedCrop({ size: imageSize, scale: [cropScale, 1], flip: 0.5 })]]),
      recipe: {
        optimizer,
        learningRate: (step, steps) => (step < warmup ? (peak * (step + 1)) / warmup : falling(step, steps)),
        weightDecay,
      },
      normalization: { mean: [0], deviation: [1] },
    };
  },
};
