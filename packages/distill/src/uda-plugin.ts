import { composeViews, cutout, normalize, randAugment, randomCrop, horizontalFlip } from '@ssl/augment';
import { scaledRecipe, SslError, type MethodPlugin, type RecipeOptions, type Views } from '@ssl/core';
import { uda, udaDefaults } from './uda.js';
import * as tf from '@tensorflow/tfjs-core';
import type { TsaSchedule } from './uda-loss.js';

/** Options of the method, its views and its recipe, flat, as a configuration file gives them. */
export type UdaPluginOptions = RecipeOptions & {
  readonly temperature: number;
  readonly confidence: number;
  readonly tsa: string;
  readonly consistency: number;
  /** Operations of RandAugment on the strong view, and their place in the table of 31 magnitudes. */
  readonly operations: number;
  readonly magnitude: number;
};

/** UDA for `ssl train --method uda`: needs data with labels for some images. */
export const udaPlugin: MethodPlugin<UdaPluginOptions> = {
  specVersion: 'ssl-plugin/1',
  name: 'uda',
  summary: 'UDA: learn from few labels, and predictions that survive strong augmentation of all other images',
  defaults: {
    ...udaDefaults,
    operations: 2,
    magnitude: 15,
    optimizer: 'sgd',
    learningRate: 0.03,
    weightDecay: 5e-4,
    warmupEpochs: 0,
  },
  // AdamW gets going in the first of few epochs; a small network is rarely sure, so less certainty is asked for.
  smallData: { optimizer: 'adamw', learningRate: 2e-3, weightDecay: 0.01, confidence: 0.6 },
  create(context, { operations, magnitude, tsa, ...options }) {
    const { backbone, imageSize, classes } = context;
    if (classes === undefined) {
      throw new SslError('uda needs data in which some images have labels, got none. Put the labelled images into one folder for each class, with the others beside these folders: ssl train --method uda --data FOLDER. List files and archives with labels do too.', {
        from: '@ssl/distill',
      });
    }
    const { temperature, confidence, consistency } = options;
    return {
      method: uda({ backbone, classes, temperature, confidence, consistency, tsa: tsaSchedule(tsa) }),
      views: udaViews(imageSize, { operations, magnitude }),
      recipe: scaledRecipe(context, options),
    };
  },
};

/** Weak: padded crop and flip. Strong: RandAugment and cutout on top. */
function udaViews(size: number, { operations, magnitude }: { operations: number; magnitude: number }): Views {
  const weak = [randomCrop({ size, padding: Math.round(size / 8) }), horizontalFlip()];
  const strong = [...weak, randAugment({ operations, magnitude }), cutout({ size: Math.round(size / 2), value: 0.5 })];
  const views = composeViews([
    [...weak, normalize()],
    [...strong, normalize()],
  ]);
  // Pictures of views are made without labels; that training has some was checked above.
  return (input) => ({ ...views(input), extras: { labels: input.labels ?? tf.fill([input.images.shape[0]], -1, 'int32') } });
}

function tsaSchedule(name: string): TsaSchedule {
  const schedules: readonly TsaSchedule[] = ['none', 'linear', 'log', 'exp'];
  const known = schedules.find((schedule) => schedule === name);
  if (known !== undefined) return known;
  throw new SslError(`uda anneals the training signal by ${schedules.join(', ')}, got '${name}'.`, { from: '@ssl/distill' });
}
