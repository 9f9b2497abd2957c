import { isDeepStrictEqual } from 'node:util';
import { readCheckpointInfo } from '@ssl/core';
import type { SslConfig } from '../config/config-schema.js';
import type { LoadedConfig } from '../config/load-config.js';
import { formatCount, formatNumber } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import { UsageError } from '../usage-error.js';
import type { BuiltRun } from './build-run.js';
import { commandName } from './command-name.js';
import type { FoundRun } from './find-run.js';
import { readMetrics } from './metrics-log.js';
import type { RunDescription } from './run-description.js';
import { changedSettings, checkResumed } from './resumed-settings.js';
import { show } from './run-folder.js';
import { trainingOfRun } from './training-of-run.js';

export interface ResumeContext {
  readonly folder: string;
  readonly output: Output;
  readonly file: LoadedConfig;
}

/**
 * Checks what a run is to go on with, before anything is loaded; says what of the configuration file is not taken.
 *
 * @returns Steps done.
 * @throws UsageError for flags that would change the run, or fewer epochs than are done.
 */
export async function resumedStep(run: FoundRun, given: SslConfig, { folder, output, file }: ResumeContext): Promise<number> {
  checkResumed(run, given, folder);
  tellIgnored(run, given, { folder, output, file });
  const { checkpoint, description } = run;
  if (checkpoint === undefined) return 0;
  const { step, config } = await readCheckpointInfo(checkpoint);
  checkCard(run, checkpoint, config);
  const { epochs = description.epochs } = given;
  const { stepsPerEpoch } = description;
  if (step > epochs * stepsPerEpoch) {
    throw new UsageError(
      `${show(checkpoint)} has done ${formatCount(step)} steps, which is more than ${given.epochs === undefined ? 'the run was planned for' : `--epochs ${String(epochs)}`}: ${formatCount(epochs * stepsPerEpoch)}. ` +
        `Give --epochs ${String(Math.ceil(step / stepsPerEpoch))} or more, or an older checkpoint.`,
    );
  }
  return step;
}

/** A checkpoint says itself what trained it, so that an edited `config.json`, or a file of another run in this folder, is noticed. */
function checkCard({ description, folder }: FoundRun, checkpoint: string, card: Readonly<Record<string, unknown>>): void {
  const plain = (value: unknown): unknown => (value === undefined ? undefined : JSON.parse(JSON.stringify(value)));
  const differing = carded.filter((key) => (key in card || optional.has(key)) && !isDeepStrictEqual(plain(card[key]), plain(description[key])));
  if (differing.length === 0) return;
  const listed = differing.map((key) => `${key} ${JSON.stringify(card[key] ?? null)} (config.json: ${JSON.stringify(description[key] ?? null)})`).join(', ');
  throw new UsageError(
    `${show(checkpoint)} was trained with ${listed}: it is of another run, or ${show(folder.config)} was edited. Put them back as they were; other settings are for a new phase: ${commandName()} train --continue-from ${show(checkpoint)} --epochs N.`,
  );
}

/** What a run has in all of its checkpoints. */
const carded = ['method', 'methodOptions', 'network', 'width', 'stem', 'imageSize', 'channels', 'batchSize', 'accumulate', 'seed', 'smallData', 'optimizer', 'augmentation', 'precision', 'datasetSize'] as const satisfies readonly (keyof RunDescription)[];

/** Absent where they were not asked for. */
const optional: ReadonlySet<string> = new Set<keyof RunDescription>(['optimizer', 'augmentation']);

/** Says what a configuration file has otherwise than the run whose settings are taken. */
export function tellIgnored(run: FoundRun, given: SslConfig, { folder, output, file }: ResumeContext): void {
  const ignored = changedSettings(run, without(file.config, given), folder);
  if (ignored.length === 0) return;
  output.warn(`Note: the settings are those of ${show(run.folder.path)}; not taken from ${show(file.path ?? '')}: ${ignored.map(({ typed, run: own }) => `${typed.slice(2)} (the run: ${own})`).join(', ')}.`);
}

/** Says what another length does to the learning rate, and that a finished run is finished. */
export function tellSchedule({ description, folder, checkpoint }: FoundRun, run: BuiltRun, step: number, output: Output): void {
  if (checkpoint === undefined) {
    output.line(`  no checkpoint was saved yet: ${show(folder.path)} starts anew`);
    return;
  }
  const { totalSteps, epochs } = run.description;
  if (step >= totalSteps) output.line(`  all ${formatCount(totalSteps)} steps are done; --epochs ${String(epochs + 1)} or more trains longer`);
  if (totalSteps === description.totalSteps || step >= totalSteps) return;
  const { learningRate } = trainingOfRun(run);
  const now = typeof learningRate === 'number' ? learningRate : learningRate(step, totalSteps);
  const before = readMetrics(folder.metrics).findLast((row) => row.step <= step)?.learningRate;
  const change = before === undefined ? `the learning rate goes on at ${formatNumber(now)}` : `the learning rate goes from ${formatNumber(before)} to ${formatNumber(now)}`;
  output.event('schedule', { step, epochs, earlierEpochs: description.epochs, learningRate: now, ...(before === undefined ? {} : { earlierLearningRate: before }) });
  output.warn(
    `Note: the schedules now end at epoch ${formatCount(epochs)} instead of ${formatCount(description.epochs)}: at step ${formatCount(step)} ${change}. ` +
      `For a new phase with schedules of its own: ${commandName()} train --continue-from ${show(folder.path)} --epochs N.`,
  );
}

/** A file's settings that no flag replaces. */
function without(config: SslConfig, flags: SslConfig): SslConfig {
  return Object.fromEntries(Object.entries(config).filter(([key]) => !(key in flags)));
}
