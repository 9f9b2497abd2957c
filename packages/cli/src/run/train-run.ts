import { basename } from 'node:path';
import { disposeTree, NotFiniteError, SslError, train, type CheckpointOptions, type MethodState, type TrainHook, type TrainResult } from '@ssl/core';
import { initialWeights, type ImportedBackbone } from '@ssl/weights';
import { imageLoader, type BrokenImage, type Dataset } from '@ssl/data';

import type { SslConfig } from '../config/config-schema.js';
import type { Output } from '../progress/output.js';
import { progressHook } from '../progress/progress-hook.js';
import { UsageError } from '../usage-error.js';
import type { BuiltRun } from './build-run.js';
import { continuedState } from './continue-run.js';
import { describeEnding, type Ending } from './endings.js';
import { watchInterruption } from './interruption.js';
import { metricsLog } from './metrics-log.js';
import { importedStart } from './imported-start.js';
import { listImages, type ImageList } from './data-fingerprint.js';
import { newestCheckpoint, type FoundRun } from './find-run.js';
import { claimRun, show, type RunFolder } from './run-folder.js';
import { recipeCard } from './recipe-card.js';
import { runRecord } from './run-record.js';
import { tensorboardLog } from './tensorboard-log.js';
import { trainingOfRun } from './training-of-run.js';

export interface TrainRunInput {
  readonly run: BuiltRun;
  readonly dataset: Dataset;
  readonly folder: RunFolder;
  readonly output: Output;
  /** The images, where they were looked at already. */
  readonly images?: ImageList;
  /** The run that goes on; it starts anew where it has no checkpoint yet. */
  readonly resumed?: Pick<FoundRun, 'checkpoint' | 'attempts'>;
  readonly checkpoint?: SslConfig['checkpoint'];
  readonly workers?: number;
  readonly monitorEvery?: number;
  readonly tensorboard?: boolean;
  readonly hooks?: readonly TrainHook[];
  /** How the user goes on with this run: `--resume runs/first`. */
  readonly goOn: string;
  /** Weights to start from; a resumed run has its own. */
  readonly start?: ImportedBackbone;
  /** A checkpoint of another run with all weights to start from; a resumed run has its own. */
  readonly continued?: string;
}

export interface TrainRunOutcome {
  readonly result: TrainResult;
  /** What ended the run before the user's time. */
  readonly ending?: Ending;
  /** Images that could not be used. */
  readonly broken: { readonly count: number; readonly listed: readonly BrokenImage[] };
}

/** Trains a run inside its folder: progress, logs, checkpoints; whatever ends it saves it. The caller disposes of the result. */
export async function trainRun(input: TrainRunInput): Promise<TrainRunOutcome> {
  const { folder, output, goOn } = input;
  const interruption = watchInterruption({
    onFirst: (ending) => {
      output.liveDone();
      const again = ending.kind === 'signal' && ending.signal === 'SIGINT' ? ' Press Ctrl-C again to stop at once without it.' : '';
      output.warn(`${describeEnding(ending)}. Stopping after this step; a checkpoint is saved.${again}`);
    },
    onImpatience: () => {
      const newest = newestCheckpoint(folder.checkpoints);
      output.warn(newest === undefined ? 'Ended at once; nothing was saved yet.' : `Ended at once. The newest checkpoint is ${show(newest)}; go on with ${goOn}.`);
    },
  });
  try {
    const trained = await trainWatched(input, interruption.signal);
    return { ...trained, ...(interruption.ending === undefined ? {} : { ending: interruption.ending }) };
  } finally {
    interruption.stop();
  }
}

async function trainWatched(input: TrainRunInput, signal: AbortSignal): Promise<TrainRunOutcome> {
  const { run, dataset, folder, output, goOn } = input;
  const { description } = run;
  const initial = await firstValues(input);
  const loader = imageLoader(dataset, {
    size: description.imageSize,
    channels: description.channels,
    batchSize: description.batchSize,
    seed: description.seed,
    ...(input.workers === undefined ? {} : { workers: input.workers }),
  });
  const images = input.images ?? (await listImages(dataset, description.data));
  const { card, hook } = recipeCard(run, images);
  const release = claimRun(folder);
  const warn = (message: string): void => {
    output.warn(message);
  };
  let saved: string | undefined;
  try {
    const result = await train({
      ...trainingOfRun(run),
      loader,
      seed: description.seed,
      ...(input.monitorEvery === undefined ? {} : { monitorEvery: input.monitorEvery }),
      hooks: [
        runRecord({ folder, description, images, attempts: input.resumed?.attempts ?? [], note: warn }),
        { name: 'newest checkpoint', onCheckpoint: ({ path }) => void (saved = path) },
        hook,
        progressHook(output),
        metricsLog(folder.metrics, warn),
        ...(input.tensorboard === false ? [] : [tensorboardLog(folder.tensorboard, warn)]),
        ...(input.hooks ?? []),
      ],
      checkpoint: checkpointOptions(folder.checkpoints, input.checkpoint),
      resume: input.resumed?.checkpoint ?? false,
      ...(initial === undefined ? {} : { initial: { params: initial.params, aux: initial.aux } }),
      signal,
      config: { ...card },
    });
    if (!isSaved(result)) {
      result.dispose();
      throw new SslError(
        `The weights of step ${String(result.step)} could not be saved; the warnings above say why. ` +
          `${result.checkpoint === undefined ? 'There is no checkpoint' : `The newest checkpoint is ${show(result.checkpoint)}`}. Free some space, then go on with ${goOn}.`,
        { from: '@ssl/cli' },
      );
    }
    return { result, broken: { count: loader.broken.count, listed: loader.broken.listed } };
  } catch (error) {
    // Numbers that are not finite come again: what to change is in their error.
    if (saved !== undefined && !(error instanceof NotFiniteError)) warn(`What was trained is saved: ${show(saved)}. When the cause is mended, go on with ${goOn}.`);
    throw error;
  } finally {
    if (initial !== undefined) disposeTree([initial.params, initial.aux]);
    release();
    const closed = loader.close();
    if (!signal.aborted) await closed; // a disk that hangs must not keep an interrupted run from ending
  }
}

/** Where a run does not start at random: the weights of a file, or all of another run. */
async function firstValues({ run, start, continued, resumed }: TrainRunInput): Promise<MethodState | undefined> {
  if (resumed !== undefined) return resumed.checkpoint === undefined ? beginAgain(run) : undefined;
  if (continued !== undefined) return continuedState(run.method, continued);
  return start === undefined ? undefined : initialWeights(run.method, run.description.seed, start);
}

/** Of a run that goes on before it saved anything: what it started from. */
async function beginAgain(run: BuiltRun): Promise<MethodState | undefined> {
  const { init } = run.description;
  if (init?.continued !== undefined) return continuedState(run.method, init.file);
  const start = await importedStart(run);
  if (start === undefined) return undefined;
  if ('weights' in start) return start.weights;
  throw new UsageError(`The run has no checkpoint yet, and cannot start anew. ${start.problem} Put that file back, or start another run.`);
}

/** True where the newest checkpoint holds the weights that training ended with. */
function isSaved({ checkpoint, step }: TrainResult): boolean {
  return checkpoint !== undefined && Number(/step-(\d+)/.exec(basename(checkpoint))?.[1]) === step;
}

/** After every epoch, unless the user says how often. */
function checkpointOptions(folder: string, { everyEpochs, everySteps, keep }: NonNullable<SslConfig['checkpoint']> = {}): CheckpointOptions {
  const asked = everyEpochs !== undefined || everySteps !== undefined;
  return {
    folder,
    ...(asked ? {} : { everyEpochs: 1 }),
    ...(everyEpochs === undefined ? {} : { everyEpochs }),
    ...(everySteps === undefined ? {} : { everySteps }),
    ...(keep === undefined ? {} : { keep }),
  };
}
