import { composeViews, mocoV2Views, viewTransforms } from '@ssl/augment';
import { constant, scaledRecipe, type MethodContext, type MethodPlugin, type RecipeOptions, type SslMethod, type Views } from '@ssl/core';
import { mochi, mochiDefaults, mocoV1, mocoV1Defaults, mocoV2, mocoV2Defaults, type MocoOptions } from './moco.js';

/** Options of MoCo v1 and v2, their views and their recipe, flat, as a configuration file gives them. */
export type MocoPluginOptions = RecipeOptions & {
  readonly dimension: number;
  readonly temperature: number;
  /** Keys of earlier batches that serve as negatives. */
  readonly queue: number;
  /** Momentum of the key encoder. */
  readonly momentum: number;
  /** Parts in which the batch is normalised; fewer where it does not divide into them, or they would have one image each. */
  readonly shuffleGroups: number;
  /** Least share of an image's area that a crop shows. */
  readonly cropScale: number;
  /** Factor on the paper's colour jitter. */
  readonly strength: number;
};

/** MoCHi's options: MoCo's and the mixing's. */
export type MochiPluginOptions = MocoPluginOptions & {
  readonly hardest: number;
  readonly mixed: number;
  readonly mixedWithQuery: number;
  /** Epochs without mixing. */
  readonly mixingFromEpoch: number;
};

const recipe = { cropScale: 0.2, strength: 1, optimizer: 'sgd', learningRate: 0.03, weightDecay: 1e-4, warmupEpochs: 0 } as const;

const smallData = {
  // Keys of the last four batches: in a short run the encoder moves fast and older keys are stale. On the emoji .520 with 1024 keys
  // and .491 with 4096 after 200,000 views (kNN).
  queue: 1024,
  // .999 remembers 1000 steps: the key encoder of a run of some thousand steps would stay near its random start. .98 and .9 are worse.
  momentum: 0.99,
  // The backbone gives 128 numbers: half of them.
  dimension: 64,
  // Sharper than .2, as few epochs need: .527 against .520.
  temperature: 0.1,
  // Parts of 64 of a batch of 256: enough for statistics, and the key's part still differs from the query's.
  shuffleGroups: 4,
  // A crop of 20 % of a 32 pixel image shows 14 x 14 pixels.
  cropScale: 0.25,
  // AdamW gets going in the first of few epochs, without warm-up.
  optimizer: 'adamw',
  learningRate: 2e-3,
  weightDecay: 0.01,
} as const;

/** MoCo v1 for `ssl train --method moco-v1`. The rate falls along half a cosine, as in v2; the paper divides it by 10 after 120 and 160 of 200 epochs. */
export const mocoV1Plugin: MethodPlugin<MocoPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'moco-v1',
  summary: 'MoCo v1: find the key of another view among a queue of keys; a linear head',
  defaults: { ...flat(mocoV1Defaults), ...recipe },
  smallData,
  create: (context, options) => ({ ...build(mocoV1, context, options), views: mocoV1Views(context, options) }),
};

/** MoCo v2 for `ssl train --method moco-v2`. */
export const mocoV2Plugin: MethodPlugin<MocoPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'moco-v2',
  summary: 'MoCo v2: find the key of another view among a queue of keys; an MLP head, stronger augmentation',
  defaults: { ...flat(mocoV2Defaults), ...recipe },
  // Half of the colour distortion, and two batches of keys: .584 against .572 on the emoji (1 million views, one seed, kNN). MoCHi gains
  // nothing from it (.578 against .577); MoCo v1 was not tried with it.
  smallData: { ...smallData, queue: 512, strength: 0.5 },
  create: (context, options) => ({ ...build(mocoV2, context, options), views: views(context, options) }),
};

const { hardest, mixed, mixedWithQuery } = mochiDefaults.mixing;

/** MoCHi for `ssl train --method mochi`. */
export const mochiPlugin: MethodPlugin<MochiPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'mochi',
  summary: 'MoCHi: MoCo v2 with synthetic negatives, mixed from the hardest ones and the query',
  defaults: { ...flat(mochiDefaults), hardest, mixed, mixedWithQuery, mixingFromEpoch: 10, ...recipe },
  // The paper's shares of the queue (a 16th of it is hard, as many are mixed, an eighth of that with the query); a start after a tenth of a short run.
  smallData: { ...smallData, hardest: 64, mixed: 64, mixedWithQuery: 8, mixingFromEpoch: 5 },
  create(context, { hardest, mixed, mixedWithQuery, mixingFromEpoch, ...options }) {
    const mixing = { hardest, mixed, mixedWithQuery, fromStep: mixingFromEpoch * context.stepsPerEpoch };
    return { ...build((common) => mochi({ ...common, mixing }), context, options), views: views(context, options) };
  },
};

function build(method: (options: MocoOptions) => SslMethod, context: MethodContext, options: MocoPluginOptions) {
  const { dimension, temperature, queue, momentum, shuffleGroups } = options;
  return {
    method: method({ backbone: context.backbone, dimension, temperature, queue, momentum: constant(momentum), shuffleGroups: parts(shuffleGroups, context.batchSize) }),
    recipe: scaledRecipe(context, options),
  };
}

/** The most parts of two and more images, up to those wanted, that the batch divides into. */
function parts(wanted: number, batchSize: number): number {
  let count = Math.max(1, Math.min(wanted, Math.floor(batchSize / 2)));
  while (batchSize % count !== 0) count--;
  return count;
}

type CropAndJitter = Pick<MocoPluginOptions, 'cropScale' | 'strength'>;

function views({ imageSize, channels }: MethodContext, { cropScale, strength }: CropAndJitter): Views {
  return mocoV2Views({ size: imageSize, channels, scale: [cropScale, 1], strength });
}

/** "random greyscale, colour jitter (.4, .4, .4, .4) on every image, horizontal flip": no blur. */
function mocoV1Views({ imageSize, channels }: MethodContext, { cropScale, strength }: CropAndJitter): Views {
  const jitter = { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.4, probability: 1 };
  const view = viewTransforms({ size: imageSize, channels, scale: [cropScale, 1], strength, jitter, greyscale: 0.2 });
  return composeViews([view, view]);
}

/** The defaults with the momentum as a number. */
function flat({ dimension, temperature, queue, shuffleGroups }: typeof mocoV1Defaults | typeof mocoV2Defaults | typeof mochiDefaults) {
  return { dimension, temperature, queue, shuffleGroups, momentum: 0.999 };
}
