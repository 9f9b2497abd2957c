import { resolve } from 'node:path';
import type { Command } from 'commander';
import { checkCheckpoint } from '@ssl/core';
import type { SslConfig } from '../config/config-schema.js';
import { exitCodes } from '../exit-codes.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { peekFlag } from '../program/normalise-arguments.js';
import { commandName } from '../run/command-name.js';
import { concludeRun } from '../run/conclude-run.js';
import { configOfRun } from '../run/config-of-run.js';
import { configOfContinued } from '../run/continue-run.js';
import { findRun } from '../run/find-run.js';
import { ownDataSteps, printSteps } from '../run/next-steps.js';
import { planRun } from '../run/plan-run.js';
import { reportEnding } from '../run/report-ending.js';
import { resumedStep, tellIgnored, tellSchedule } from '../run/resume-run.js';
import { createNamedFolder, createRunFolder, removeUnused, removeWithoutCheckpoint, show } from '../run/run-folder.js';
import { trainRun } from '../run/train-run.js';
import { orOlderCheckpoint } from '../run/whole-checkpoint.js';
import { networkName } from '../settings/choose-settings.js';
import { UsageError } from '../usage-error.js';
import { configure, type Configured } from './configured-command.js';

interface TrainFlags extends CommonFlags {
  readonly resume?: string | true;
  readonly continueFrom?: string;
}

/** `ssl train`: trains a method on images. */
export async function defineTrain(command: Command, context: ProgramContext): Promise<void> {
  const { argv, folder } = context;
  command.optionsGroup('Run:').option('--resume [run]', 'go on with an interrupted run: its folder or a checkpoint; left out: the newest');
  command.option('--continue-from <run>', "start a new phase with all weights and settings of a run, heads and teacher too: with --image-size, at a higher resolution");
  const resume = resumeFlag(argv);
  const continued = peekFlag(argv, '--continue-from');
  if (resume !== undefined && continued !== undefined) throw new UsageError('--resume goes on with a run, --continue-from starts a new one from it. Give one of them.');
  const output = peekFlag(argv, '--output');
  const base = (file: SslConfig): SslConfig => {
    const fromFile = output === undefined ? file : { ...file, output };
    if (resume !== undefined) return configOfRun(resume, folder, fromFile);
    return continued === undefined ? fromFile : configOfContinued(continued, folder, fromFile);
  };
  const configured = await configure(command, context, base);
  command.action(async (flags: TrainFlags) => {
    context.finish(await trainFrom(configured(), flags, folder));
  });
}

async function trainFrom({ config, given, file, method }: Configured, flags: TrainFlags, folder: string): Promise<number> {
  const output = outputOf(flags);
  const runs = resolve(folder, config.output ?? 'runs');
  const resumed = flags.resume === undefined ? undefined : findRun(flags.resume, folder, runs);
  if (resumed?.isSearch === true) throw new UsageError(`${show(resumed.folder.path)} is a search of augmentations. Go on with it: ${commandName()} search --resume ${show(resumed.folder.path)}.`);
  if (flags.continueFrom !== undefined) tellIgnored(findRun(flags.continueFrom, folder, runs), { name: '', epochs: 1, ...given }, { folder, output, file });
  const newest = resumed?.checkpoint;
  if (newest !== undefined) await orOlderCheckpoint(newest, '--resume', () => checkCheckpoint(newest));
  const done = resumed === undefined ? 0 : await resumedStep(resumed, given, { folder, output, file });
  const { run, dataset, images, backend, start, continued } = await planRun({
    config,
    method,
    folder,
    output,
    ...(resumed === undefined ? {} : { resumed }),
    ...(flags.continueFrom === undefined ? {} : { continueFrom: flags.continueFrom }),
  });
  if (resumed !== undefined) tellSchedule(resumed, run, done, output);
  const path = config.name === undefined ? undefined : resolve(runs, config.name);
  if (resumed === undefined && path !== undefined && removeWithoutCheckpoint(path)) output.line(`  ${show(path)} holds a run that ended before its first checkpoint; it starts anew`);
  const target = resumed?.folder ?? (path === undefined ? createNamedFolder(runs, defaultName(method.plugin.name, dataset.name)) : createRunFolder(path));
  const goOn = `--resume ${show(target.path)}`;
  output.line(`  run ${show(target.path)}`);
  output.line(`  network ${networkName(run.description.network as NonNullable<SslConfig['network']>)}, ${String(run.backbone.featureDimension)} features for each image`);

  const { checkpoint, workers, monitorEvery, tensorboard } = config;
  const outcome = await trainRun({
    run,
    dataset,
    ...(images === undefined ? {} : { images }),
    folder: target,
    output,
    goOn,
    ...(resumed === undefined ? {} : { resumed }),
    ...(start === undefined ? {} : { start }),
    ...(continued === undefined ? {} : { continued }),
    ...(checkpoint === undefined ? {} : { checkpoint }),
    ...(workers === undefined ? {} : { workers }),
    ...(monitorEvery === undefined ? {} : { monitorEvery }),
    ...(tensorboard === undefined ? {} : { tensorboard }),
  }).catch((error: unknown) => {
    if (resumed === undefined) removeUnused(target);
    throw error;
  });
  const { result, broken } = outcome;
  try {
    const saved = show(result.checkpoint ?? target.checkpoints);
    if (outcome.ending !== undefined) {
      const whole = result.status === 'finished';
      return reportEnding(output, outcome.ending, [
        `${whole ? 'Trained to the end, not evaluated' : `Interrupted at step ${String(result.step)}`}. Saved: ${saved}`,
        whole ? `Evaluate it with: ${commandName()} report ${show(target.path)} --fresh` : `Go on with: ${commandName()} train ${goOn}`,
      ]);
    }
    if (config.evaluate === false) {
      output.result(`Checkpoint  ${saved}`);
      return exitCodes.success;
    }
    const nextSteps = ownDataSteps(target.path);
    const trained = { step: result.step, checkpoint: result.checkpoint ?? target.checkpoints, warnings: result.warnings };
    await concludeRun({ run, weights: result, trained, broken, dataset, folder: target, output, backend, nextSteps });
    printSteps(output, nextSteps.slice(1));
    return exitCodes.success;
  } finally {
    result.dispose();
  }
}

/** The run that `--resume` names; true for the newest. */
export function resumeFlag(argv: readonly string[]): string | true | undefined {
  if (argv.includes('--resume')) {
    const next = argv[argv.indexOf('--resume') + 1];
    return next === undefined || next.startsWith('-') ? true : next;
  }
  return peekFlag(argv, '--resume');
}

/** Method, data and time. */
export function defaultName(method: string, data: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${method}-${data.replaceAll(/[^\w.-]+/g, '-')}-${time}`;
}
