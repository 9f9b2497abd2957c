import { join } from 'node:path';
import type { Command } from 'commander';
import type { SslConfig } from '../config/config-schema.js';
import { loadConfig } from '../config/load-config.js';
import { mergeConfig } from '../config/merge-config.js';
import { exitCodes } from '../exit-codes.js';
import { methodOptions } from '../methods/method-options.js';
import { resolveMethod, type ResolvedMethod } from '../methods/resolve-method.js';
import { addConfigOptions, configFromOptions } from '../program/config-options.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { peekFlag } from '../program/normalise-arguments.js';
import { startBackend } from '../run/start-backend.js';
import { buildRun } from '../run/build-run.js';
import { concludeRun } from '../run/conclude-run.js';
import { findRun } from '../run/find-run.js';
import { absoluteData, openData } from '../run/open-data.js';
import { ownDataSteps, printSteps } from '../run/next-steps.js';
import { describeRun } from '../run/run-description.js';
import { createRunFolder, removeUnused, show } from '../run/run-folder.js';
import { trainRun } from '../run/train-run.js';
import { chooseSettings, networkName } from '../settings/choose-settings.js';
import { dataFacts } from '../settings/data-facts.js';
import { UsageError } from '../usage-error.js';

interface TrainFlags extends CommonFlags {
  readonly config?: string;
  readonly resume?: string | true;
}

/** `ssl train`: trains a method on images. Its options depend on the method, so the command line is looked at first. */
export async function defineTrain(command: Command, context: ProgramContext): Promise<void> {
  command
    .optionsGroup('Run:')
    .option('--config <file>', 'configuration file; left out: ssl.config.ts here, where there is one')
    .option('--resume [run]', 'go on with an interrupted run: its folder or a checkpoint; left out: the newest');

  const { config: fromFile } = await loadConfig(context.folder, peekFlag(context.argv, '--config'));
  const resume = resumeFlag(context.argv);
  const base = resume === undefined ? fromFile : mergeConfig(configOfRun(resume, context.folder, fromFile), {});
  const method = await methodOf(peekFlag(context.argv, '--method') ?? base.method ?? 'simclr', context.folder);
  addConfigOptions(command, method.plugin);
  command.action(async (flags: TrainFlags) => {
    const config = mergeConfig(base, configFromOptions(command, method.plugin));
    context.finish(await trainFrom({ config, method, flags, folder: context.folder }));
  });
}

interface TrainInput {
  readonly config: SslConfig;
  readonly method: ResolvedMethod;
  readonly flags: TrainFlags;
  readonly folder: string;
}

async function trainFrom({ config, method, flags, folder }: TrainInput): Promise<number> {
  const output = outputOf(flags);
  if (config.data === undefined) {
    throw new UsageError('Training needs images, none were named. Write --data ./my-photos (a folder, nested or flat), or --data emoji to try it.');
  }
  const runs = join(folder, config.output ?? 'runs');
  const resumed = flags.resume === undefined ? undefined : findRun(flags.resume, folder, runs);
  const dataset = await openData(config.data, { folder, output, ...(config.labels === undefined ? {} : { labels: config.labels }) });
  const facts = await dataFacts(dataset);
  if (facts.size < 2) throw new UsageError(`Training needs at least 2 different images, ${show(config.data)} holds ${String(facts.size)}. Add images to it.`);
  const backend = await startBackend(config, output);
  const { settings, choices } = chooseSettings(config, facts, backend.device === 'cuda' || backend.device === 'webgpu');

  output.line(`${output.bold(method.plugin.name)} on ${dataset.name}: ${facts.size.toLocaleString('en-US')} images${dataset.classes === undefined ? '' : ` of ${String(dataset.classes.length)} classes (for the evaluation only)`}`);
  for (const { key, value, reason } of choices) output.line(`  ${key} ${value}  ${output.dim(reason)}`);

  const options = methodOptions(method.plugin, settings.smallData, config.methodOptions ?? {});
  const description = describeRun({
    method,
    methodOptions: options,
    settings,
    ...(config.optimizer === undefined ? {} : { optimizer: config.optimizer }),
    precision: config.precision ?? 'float32',
    data: absoluteData(config.data, folder),
    dataName: dataset.name,
    datasetSize: facts.size,
  });
  const run = await buildRun(description, folder, { plugin: method.plugin, network: settings.network });
  const runPath = join(runs, config.name ?? defaultName(method.plugin.name, dataset.name));
  const target = resumed?.folder ?? createRunFolder(runPath);
  output.line(`  run ${show(target.path)}`);
  output.line(`  network ${networkName(settings.network)}, ${String(run.backbone.featureDimension)} features for each image`);

  const outcome = await trainRun({
    run,
    dataset,
    folder: target,
    output,
    ...(resumed === undefined ? {} : { resume: resumed.checkpoint ?? false }),
    ...(config.checkpoint === undefined ? {} : { checkpoint: config.checkpoint }),
    ...(config.workers === undefined ? {} : { workers: config.workers }),
    ...(config.monitorEvery === undefined ? {} : { monitorEvery: config.monitorEvery }),
    ...(config.tensorboard === undefined ? {} : { tensorboard: config.tensorboard }),
  }).catch((error: unknown) => {
    if (resumed === undefined) removeUnused(target);
    throw error;
  });
  try {
    if (outcome.result.status === 'interrupted') {
      output.result(`Interrupted at step ${String(outcome.result.step)}. Saved: ${show(outcome.result.checkpoint ?? target.checkpoints)}`);
      output.result(`Go on with: ssl train --resume ${show(target.path)}`);
      return exitCodes.interrupted;
    }
    const { result, broken } = outcome;
    if (config.evaluate === false) {
      output.result(`Checkpoint  ${show(result.checkpoint ?? target.checkpoints)}`);
      return exitCodes.success;
    }
    const nextSteps = ownDataSteps('ssl', target.path);
    const trained = { step: result.step, checkpoint: result.checkpoint ?? target.checkpoints, warnings: result.warnings };
    await concludeRun({ run, weights: result, trained, broken, dataset, folder: target, output, backend, nextSteps });
    printSteps(output, nextSteps.slice(1));
    return exitCodes.success;
  } finally {
    outcome.result.dispose();
  }
}

/** A method's name that the command line or the configuration gave, or the plugin itself. */
async function methodOf(given: NonNullable<SslConfig['method']>, folder: string): Promise<ResolvedMethod> {
  return typeof given === 'string' ? resolveMethod(given, folder) : { plugin: given, reference: given.name };
}

function resumeFlag(argv: readonly string[]): string | true | undefined {
  if (argv.includes('--resume')) {
    const next = argv[argv.indexOf('--resume') + 1];
    return next === undefined || next.startsWith('-') ? true : next;
  }
  return peekFlag(argv, '--resume');
}

/** What a resumed run was started with, as a configuration. */
function configOfRun(named: string | true, folder: string, fromFile: SslConfig): SslConfig {
  const { description } = findRun(named, folder, join(folder, fromFile.output ?? 'runs'));
  const { method, data, imageSize, batchSize, accumulate, epochs, seed, smallData, optimizer, precision, width, stem, network, channels } = description;
  return {
    ...fromFile,
    method: typeof fromFile.method === 'object' && fromFile.method.name === method ? fromFile.method : method,
    methodOptions: description.methodOptions,
    network: typeof fromFile.network === 'object' ? fromFile.network : (network as NonNullable<SslConfig['network']>),
    channels: channels as 1 | 3,
    ...{ data, imageSize, batchSize, accumulate, epochs, seed, smallData, precision, width, stem },
    ...(optimizer === undefined ? {} : { optimizer }),
  };
}

function defaultName(method: string, data: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${method}-${data.replaceAll(/[^\w.-]+/g, '-')}-${time}`;
}
