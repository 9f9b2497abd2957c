import { basename, resolve } from 'node:path';
import type { Command } from 'commander';
import type { SslConfig } from '../config/config-schema.js';
import { exitCodes } from '../exit-codes.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { peekFlag } from '../program/normalise-arguments.js';
import { commandName } from '../run/command-name.js';
import { concludeRun } from '../run/conclude-run.js';
import { configOfRun } from '../run/config-of-run.js';
import { configOfContinued } from '../run/continue-run.js';
import type { Output } from '../progress/output.js';
import { findRun, type FoundRun } from '../run/find-run.js';
import { ownDataSteps, printSteps } from '../run/next-steps.js';
import { planRun } from '../run/plan-run.js';
import { reportEnding } from '../run/report-ending.js';
import { createRunFolder, removeUnused, removeWithoutCheckpoint, show } from '../run/run-folder.js';
import { trainRun } from '../run/train-run.js';
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
  const base = (fromFile: SslConfig): SslConfig => {
    if (resume !== undefined) return configOfRun(resume, folder, fromFile);
    return continued === undefined ? fromFile : configOfContinued(continued, folder, fromFile);
  };
  const configured = await configure(command, context, base);
  command.action(async (flags: TrainFlags) => {
    context.finish(await trainFrom(configured(), flags, folder));
  });
}

async function trainFrom({ config, method }: Configured, flags: TrainFlags, folder: string): Promise<number> {
  const output = outputOf(flags);
  const runs = resolve(folder, config.output ?? 'runs');
  const resumed = flags.resume === undefined ? undefined : findRun(flags.resume, folder, runs);
  if (resumed?.checkpoint === undefined && resumed !== undefined) startsAnew(resumed, output);
  const { run, dataset, backend, start, continued } = await planRun({
    config,
    method,
    folder,
    output,
    ...(resumed?.description.init === undefined ? {} : { init: resumed.description.init }),
    ...(flags.continueFrom === undefined ? {} : { continueFrom: flags.continueFrom }),
  });
  const path = resolve(runs, config.name ?? defaultName(method.plugin.name, dataset.name));
  if (resumed === undefined && removeWithoutCheckpoint(path)) output.line(`  ${show(path)} holds a run that ended before its first checkpoint; it starts anew`);
  const target = resumed?.folder ?? createRunFolder(path);
  const goOn = `--resume ${show(target.path)}`;
  output.line(`  run ${show(target.path)}`);
  output.line(`  network ${networkName(run.description.network as NonNullable<SslConfig['network']>)}, ${String(run.backbone.featureDimension)} features for each image`);

  const { checkpoint, workers, monitorEvery, tensorboard } = config;
  const outcome = await trainRun({
    run,
    dataset,
    folder: target,
    output,
    goOn,
    ...(resumed === undefined ? {} : { resume: resumed.checkpoint ?? false }),
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

/** A run that was killed before its first checkpoint begins again, unless it began with weights, which only their own flag reads. */
function startsAnew({ folder, description: { init } }: FoundRun, output: Output): void {
  if (init === undefined) {
    output.warn(`${show(folder.path)} has no checkpoint yet: the run starts anew, with its own settings.`);
    return;
  }
  const again = init.continued === undefined ? `--init ${show(init.read ?? init.file)}` : '--continue-from and the run that it went on from';
  throw new UsageError(`${show(folder.path)} has no checkpoint to go on with, and began with weights of another file. Start it again with ${again} and --name ${basename(folder.path)}, which is free.`);
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
