import type { PbaPhase } from '@ssl/augment';
import { isVisionTransformer, type FrozenRole } from '@ssl/core';
import type { BackboneDescription } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import type { ResolvedMethod } from '../methods/resolve-method.js';
import { networkName, type Settings } from '../settings/choose-settings.js';
import { requirePatchSize } from '../settings/patch-size.js';
import type { StartDescription } from './start-weights.js';

/** Runs by the part that their networks play in another run. */
export type FrozenRuns = Readonly<Partial<Record<FrozenRole, FrozenRun>>>;

/** A run whose network another run learns from: how to build it, and where its weights are. */
export interface FrozenRun {
  /** Absolute. */
  readonly checkpoint: string;
  readonly description: RunDescription;
}

/**
 * All that is needed to build a run again, as plain JSON: `config.json` of the run folder, and a part of every
 * checkpoint, so that one file is enough to embed images with it.
 */
export interface RunDescription {
  readonly format: 'ssl-run/1';
  /** As `--method` takes it. */
  readonly method: string;
  readonly methodOptions: Readonly<Record<string, unknown>>;
  /** Name of the network; others than ours come from `ssl.config.ts`. */
  readonly network: string;
  /** A Vision Transformer that `ssl.config.ts` gave: enough to build it again without that file. */
  readonly backbone?: BackboneDescription;
  readonly width: number;
  readonly stem: 'imagenet' | 'cifar';
  /** Activation checkpointing; absent where it was not asked for. */
  readonly recompute?: boolean;
  /** Of a Vision Transformer by name; absent in runs of earlier versions. */
  readonly patchSize?: number;
  readonly imageSize: number;
  readonly channels: number;
  readonly batchSize: number;
  readonly accumulate: number;
  readonly epochs: number;
  readonly seed: number;
  readonly smallData: boolean;
  readonly optimizer?: SslConfig['optimizer'];
  /** A PBA schedule in place of the method's views. */
  readonly augmentation?: readonly PbaPhase[];
  /** Runs whose networks this one learns from. */
  readonly frozen?: FrozenRuns;
  /** The weights that the run started from; the network is theirs. */
  readonly init?: StartDescription;
  readonly precision: 'float32' | 'bfloat16';
  /** What compiles the step; a resumed run keeps it, since the other one rounds in another order. */
  readonly compiler?: 'graph' | 'xla';
  /** As `--data` takes it, absolute; several are mixed. */
  readonly data: string | readonly string[];
  /** Share of each of several data, where it was asked for. */
  readonly dataWeights?: readonly number[] | undefined;
  /** First-level folders as classes, where that was asked for or refused. */
  readonly labels?: boolean;
  /** Part of the set, and what lies behind drawings, where they were asked for. */
  readonly split?: SslConfig['split'];
  readonly background?: SslConfig['background'];
  /** Stored values that are black and white, where they were given. */
  readonly range?: readonly number[] | undefined;
  readonly dataName: string;
  readonly datasetSize: number;
  /** Where some images have labels; only semi-supervised methods look at them. */
  readonly classes?: number;
  readonly stepsPerEpoch: number;
  readonly totalSteps: number;
}

/** One time that a run was trained, from its start or resumed, until something was saved. */
export interface RunAttempt {
  /** ISO 8601. The run whose last attempt started last is the newest, whenever its files were copied. */
  readonly startedAt: string;
  readonly fromStep: number;
  readonly epochs: number;
  readonly data: RunDescription['data'];
}

/** What `config.json` holds: the run as it is planned now, and what its steps were trained with. */
export interface RunRecord extends RunDescription {
  readonly attempts?: readonly RunAttempt[];
  /** The folder is that of an `ssl search`. */
  readonly search?: true;
}

export interface DescribeRunInput
  extends Pick<
    RunDescription,
    'methodOptions' | 'optimizer' | 'augmentation' | 'frozen' | 'init' | 'precision' | 'compiler' | 'data' | 'dataWeights' | 'labels' | 'split' | 'background' | 'range' | 'dataName' | 'datasetSize' | 'classes'
  > {
  readonly method: ResolvedMethod;
  readonly settings: Settings;
}

/** Writes a run down. */
export function describeRun(input: DescribeRunInput): RunDescription {
  const { patchSize, ...settings } = input.settings;
  const { network } = settings;
  const stepsPerEpoch = Math.floor(input.datasetSize / settings.batchSize);
  return {
    format: 'ssl-run/1',
    method: input.method.reference,
    methodOptions: input.methodOptions,
    ...settings,
    network: networkName(network),
    ...(input.init === undefined && typeof network === 'string' && network.startsWith('vit-') ? { patchSize: patchSize ?? requirePatchSize(settings.imageSize) } : {}),
    ...(input.init === undefined && typeof network === 'object' && isVisionTransformer(network) ? { backbone: { kind: 'vision-transformer', options: network.options } } : {}),
    ...(input.optimizer === undefined ? {} : { optimizer: input.optimizer }),
    ...(input.augmentation === undefined ? {} : { augmentation: input.augmentation }),
    ...(input.frozen === undefined ? {} : { frozen: input.frozen }),
    ...(input.init === undefined ? {} : { init: input.init }),
    precision: input.precision,
    ...(input.compiler === undefined ? {} : { compiler: input.compiler }),
    data: input.data,
    ...(input.dataWeights === undefined ? {} : { dataWeights: input.dataWeights }),
    ...(input.labels === undefined ? {} : { labels: input.labels }),
    ...(input.split === undefined ? {} : { split: input.split }),
    ...(input.background === undefined ? {} : { background: input.background }),
    ...(input.range === undefined ? {} : { range: input.range }),
    dataName: input.dataName,
    datasetSize: input.datasetSize,
    ...(input.classes === undefined ? {} : { classes: input.classes }),
    stepsPerEpoch,
    totalSteps: stepsPerEpoch * settings.epochs,
  };
}
