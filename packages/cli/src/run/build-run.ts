import { defaultNormalization } from '@ssl/augment';
import type { Backbone, Normalization, Recipe, SslMethod, Views } from '@ssl/core';
import { createBackbone, type BackboneDescription } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import { loadConfig } from '../config/load-config.js';
import { methodOptions } from '../methods/method-options.js';
import { resolveMethod } from '../methods/resolve-method.js';
import type { AnyPlugin } from '../methods/plugins-of.js';
import { augmentationViews } from '../settings/augmentation.js';
import { createNetwork } from '../settings/create-network.js';
import { patchSizeOfRun } from '../settings/patch-size.js';
import { UsageError } from '../usage-error.js';
import { buildFrozenRuns } from './frozen-runs.js';
import type { RunDescription } from './run-description.js';

/** What a description becomes. */
export interface BuiltRun {
  readonly description: RunDescription;
  readonly plugin: AnyPlugin;
  readonly backbone: Backbone;
  readonly method: SslMethod;
  readonly views: Views;
  readonly recipe: Recipe;
  /** Of the training's views; evaluation and export use the same. */
  readonly normalization: Normalization;
}

/** What JSON cannot hold: objects that `ssl.config.ts` gave. */
export interface GivenObjects {
  readonly plugin?: AnyPlugin;
  readonly network?: SslConfig['network'];
}

/** Builds network, method, views and recipe of a run. */
export async function buildRun(description: RunDescription, folder: string, given: GivenObjects = {}): Promise<BuiltRun> {
  const plugin = given.plugin ?? (await resolveMethod(description.method, folder)).plugin;
  const backbone = description.init === undefined ? createNetwork({ ...description, patchSize: patchSizeOfRun(description), network: await networkOf(description, folder, given.network) }) : startNetwork(description.init, description.recompute);
  const { imageSize, channels, batchSize, datasetSize, totalSteps, stepsPerEpoch, classes } = description;
  const options = methodOptions(plugin, description.smallData, description.methodOptions);
  const frozen = await buildFrozenRuns(description, folder);
  const built = plugin.create(
    { backbone, imageSize, channels, batchSize, datasetSize, totalSteps, stepsPerEpoch, ...(classes === undefined ? {} : { classes }), ...frozen },
    options,
  );
  const normalization = built.normalization ?? defaultNormalization(channels);
  const run = { description, plugin, backbone, ...built, normalization };
  if (description.augmentation === undefined) return run;
  return { ...run, views: augmentationViews(description.augmentation, built.method, { imageSize, channels, normalization }) };
}

/** The network of the weights that a run started from. */
function startNetwork({ backbone }: NonNullable<RunDescription['init']>, checkpoint = false): Backbone {
  if (backbone.kind === 'small-conv-net') return createBackbone(backbone);
  return createBackbone({ ...backbone, options: { ...backbone.options, checkpoint } } as BackboneDescription);
}

const networks = ['small-conv', 'resnet18', 'resnet34', 'resnet50', 'vit-tiny', 'vit-small', 'vit-base'] as const;

async function networkOf({ network, backbone }: RunDescription, folder: string, given: SslConfig['network']): Promise<NonNullable<SslConfig['network']>> {
  if (typeof given === 'object' && given.name === network) return given;
  const known = networks.find((name) => name === network);
  if (known !== undefined) return known;
  if (backbone !== undefined) return createBackbone(backbone);
  // Commands without a configuration of their own, and the runs that a run learns from.
  const { network: configured } = (await loadConfig(folder)).config;
  if (typeof configured === 'object' && configured.name === network) return configured;
  throw new UsageError(`The run was trained with the network '${network}', which ssl.config.ts must give as \`network\`. Run the command in the folder with that file.`);
}
