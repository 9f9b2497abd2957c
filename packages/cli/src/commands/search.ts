import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { searchPbaSchedule, type PbaSearchState } from '@ssl/augment';
import { disposeTree, loadCheckpoint, writeFileAtomically } from '@ssl/core';
import { splitDataset, type Dataset } from '@ssl/data';
import { exitCodes } from '../exit-codes.js';
import { outputOf, type CommonFlags } from '../program/common-flags.js';
import type { ProgramContext } from '../program/create-program.js';
import { peekFlag } from '../program/normalise-arguments.js';
import { formatCount } from '../progress/format.js';
import type { Output } from '../progress/output.js';
import { buildRun, type BuiltRun } from '../run/build-run.js';
import { commandName } from '../run/command-name.js';
import { configOfRun } from '../run/config-of-run.js';
import { findRun } from '../run/find-run.js';
import { listImages } from '../run/data-fingerprint.js';
import { describeEnding } from '../run/endings.js';
import { watchInterruption } from '../run/interruption.js';
import { sourcesOf } from '../run/open-data.js';
import { planRun } from '../run/plan-run.js';
import { reportEnding } from '../run/report-ending.js';
import { checkResumed } from '../run/resumed-settings.js';
import type { RunDescription, RunRecord } from '../run/run-description.js';
import { writeImageList } from '../run/run-record.js';
import { claimRun, createNamedFolder, createRunFolder, removeWithoutCheckpoint, show, writeJson, type RunFolder } from '../run/run-folder.js';
import { searchMetrics, searchScore, type SearchMetric } from '../search/search-metrics.js';
import { removeUnnamed, SearchInterrupted, trainMember } from '../search/train-member.js';
import { UsageError } from '../usage-error.js';
import { configure, type Configured } from './configured-command.js';
import { defaultName, resumeFlag } from './train.js';

interface SearchFlags extends CommonFlags {
  readonly resume?: string | true;
  readonly population?: string;
  readonly interval?: string;
  readonly metric?: string;
}

/** What `search.json` of a search's folder holds. */
interface StoredSearch {
  readonly format: 'ssl-search/1';
  readonly metric: SearchMetric;
  readonly state: PbaSearchState;
}

/** A search on a processor: some minutes for some thousand small images. */
const searchDefaults = { population: 4, interval: 2, epochs: 12 } as const;
const heldOutShare = 0.2;

/** `ssl search`: finds an augmentation schedule by PBA's population-based search. */
export async function defineSearch(command: Command, context: ProgramContext): Promise<void> {
  const { argv, folder } = context;
  command
    .optionsGroup('Search:')
    .option('--population <number>', `networks that are trained side by side (${String(searchDefaults.population)} if left out; 16 in the paper)`)
    .option('--interval <epochs>', `epochs between two comparisons (${String(searchDefaults.interval)} if left out; 3 in the paper)`)
    .option('--metric <metric>', `${Object.keys(searchMetrics).join(', ')}; left out: knn where the images have classes, else alignment`)
    .option('--resume [run]', 'go on with an interrupted search: its folder; left out: the newest');
  const resume = resumeFlag(argv);
  const output = peekFlag(argv, '--output');
  const configured = await configure(command, context, (fromFile) => (resume === undefined ? fromFile : configOfRun(resume, folder, output === undefined ? fromFile : { ...fromFile, output }, 'searches')));
  command.action(async (flags: SearchFlags) => {
    context.finish(await search(configured(), flags, folder));
  });
}

async function search({ config, given, method }: Configured, flags: SearchFlags, folder: string): Promise<number> {
  if (config.augmentation !== undefined) throw new UsageError('ssl search looks for an augmentation schedule, so --augmentation does not go with it. Leave it out.');
  const output = outputOf(flags);
  const runs = resolve(folder, config.output ?? 'runs');
  const found = flags.resume === undefined ? undefined : findRun(flags.resume, folder, runs, 'searches');
  if (found !== undefined) checkResumed(found, given, folder);
  const resumed = found?.folder;
  const stored = resumed === undefined ? undefined : readSearch(resumed);
  const { run: planned, dataset } = await planRun({ config: { ...config, epochs: config.epochs ?? searchDefaults.epochs }, method, folder, output, ...(found === undefined ? {} : { resumed: found }) });
  const parts = splitDataset(dataset, { training: 1 - heldOutShare, heldOut: heldOutShare }, { seed: planned.description.seed });
  const run = await onPart(planned, parts.training.size, folder);
  const metric = flags.metric === undefined ? (stored?.metric ?? (dataset.classes === undefined ? 'alignment' : 'knn')) : metricOf(flags.metric, dataset);
  const { seed, epochs } = run.description;
  const population = whole('--population', flags.population, 2) ?? stored?.state.settings.population ?? searchDefaults.population;
  const interval = whole('--interval', flags.interval, 1) ?? stored?.state.settings.interval ?? searchDefaults.interval;

  const path = config.name === undefined ? undefined : resolve(runs, config.name);
  if (resumed === undefined && path !== undefined) removeWithoutCheckpoint(path);
  const target = resumed ?? (path === undefined ? createNamedFolder(runs, `search-${defaultName(method.plugin.name, dataset.name)}`) : createRunFolder(path));
  output.line(`  search ${show(target.path)}`);
  output.line(`  ${String(population)} networks, ${String(epochs)} epochs, compared every ${String(interval)} by ${metric}: ${searchMetrics[metric]}`);
  const release = claimRun(target);
  const interruption = watchInterruption({
    onFirst: (ending) => {
      output.warn(`${describeEnding(ending)}. Stopping; what was trained since the last comparison of this network is trained again. Press Ctrl-C again to stop at once.`);
    },
  });
  try {
    if (resumed === undefined) {
      await writeImageList(target, await listImages(dataset, planned.description.data));
      writeJson(target.config, { ...planned.description, search: true } satisfies RunRecord);
    }
    const score = await searchScore(metric, parts, run);
    const training = { run, dataset: parts.training, checkpoints: target.checkpoints, folder, signal: interruption.signal, ...(config.workers === undefined ? {} : { workers: config.workers }) };
    const schedule = await searchPbaSchedule({
      population,
      interval,
      epochs,
      seed,
      train: (work) => trainMember(training, work),
      evaluate: async (weights, { member, to }) => {
        const checkpoint = await loadCheckpoint(join(target.checkpoints, weights));
        const value = await score(run, checkpoint);
        disposeTree([checkpoint.params, checkpoint.aux, checkpoint.optimizer]);
        report(output, { member, to, epochs, metric, value });
        return value;
      },
      save: async (state) => {
        const text = JSON.stringify({ format: 'ssl-search/1', metric, state } satisfies StoredSearch);
        await writeFileAtomically(searchFile(target), Buffer.from(text));
        removeUnnamed(target.checkpoints, state);
      },
      ...(stored === undefined ? {} : { state: stored.state }),
    });
    const file = join(target.path, 'schedule.json');
    writeJson(file, { format: 'ssl-schedule/1', metric, score: schedule.score, epochs, schedule: schedule.schedule });
    output.event('schedule', { path: file, score: schedule.score, phases: schedule.schedule.length });
    output.result(`Schedule  ${show(file)}  (${metric} ${String(schedule.score)})`);
    output.result(`Train with it: ${commandName()} train --method ${method.plugin.name} ${dataFlags(planned.description)} --augmentation ${show(file)}`);
    return exitCodes.success;
  } catch (error) {
    const { ending } = interruption;
    if (!(error instanceof SearchInterrupted) || ending === undefined) throw error;
    return reportEnding(output, ending, [`Interrupted. Go on with: ${commandName()} search --resume ${show(target.path)}`]);
  } finally {
    interruption.stop();
    release();
  }
}

/** The run on the part of the images that is trained with. */
async function onPart({ description, plugin, backbone }: BuiltRun, datasetSize: number, folder: string): Promise<BuiltRun> {
  const stepsPerEpoch = Math.floor(datasetSize / description.batchSize);
  if (stepsPerEpoch === 0) {
    throw new UsageError(`A batch of ${formatCount(description.batchSize)} images is larger than the part that is trained with (${formatCount(datasetSize)}; a fifth is held out). Use a smaller --batch-size, or add images.`);
  }
  return buildRun({ ...description, datasetSize, stepsPerEpoch, totalSteps: stepsPerEpoch * description.epochs }, folder, { plugin, network: backbone });
}

function report(output: Output, { member, to, epochs, metric, value }: { member: number; to: number; epochs: number; metric: SearchMetric; value: number }): void {
  output.event('member', { member, epoch: to, metric, score: value });
  output.line(`  epoch ${String(to)} of ${String(epochs)}, network ${String(member + 1)}: ${metric} ${value.toFixed(4)}`);
}

function metricOf(given: string, { classes }: Dataset): SearchMetric {
  const names = Object.keys(searchMetrics) as SearchMetric[];
  const metric = names.find((name) => name === given);
  if (metric === undefined) throw new UsageError(`--metric needs one of ${names.join(', ')}, got ${given}.`);
  if (metric === 'knn' && classes === undefined) throw new UsageError('--metric knn needs classes, one folder for each; the images have none. Use --metric alignment.');
  return metric;
}

function readSearch(target: RunFolder): StoredSearch {
  const path = searchFile(target);
  if (!existsSync(path)) throw new UsageError(`${show(target.path)} holds no search that could go on: search.json is missing. Name the folder of an ssl search, or start a new one.`);
  let stored: StoredSearch;
  try {
    stored = JSON.parse(readFileSync(path, 'utf8')) as StoredSearch;
  } catch (cause) {
    throw new UsageError(`${show(path)} is damaged: ${(cause as Error).message}. Start a new search.`, { cause });
  }
  if ((stored as { format?: string }).format !== 'ssl-search/1') throw new UsageError(`${show(path)} must have format 'ssl-search/1', got ${JSON.stringify(stored.format)}. It is of another version of @ssl/cli.`);
  return stored;
}

function searchFile({ path }: RunFolder): string {
  return join(path, 'search.json');
}

function whole(flag: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new UsageError(`${flag} needs a whole number from ${String(least)}, got ${text}.`);
  return value;
}

/** The flags that name a run's images again. */
function dataFlags({ data, dataWeights }: Pick<RunDescription, 'data' | 'dataWeights'>): string {
  const named = sourcesOf(data).map((source) => `--data ${show(source)}`);
  return [...named, ...(dataWeights === undefined ? [] : [`--data-weights ${dataWeights.join(',')}`])].join(' ');
}
