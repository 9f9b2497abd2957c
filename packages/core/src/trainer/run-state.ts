import * as tf from '@tensorflow/tfjs-core';
import { latestCheckpoint } from '../checkpoint/checkpoint-folder.js';
import type { CheckpointInfo } from '../checkpoint/checkpoint.js';
import { loadCheckpoint } from '../checkpoint/load-checkpoint.js';
import { restoreTree } from '../checkpoint/restore-tree.js';
import { SslError } from '../errors.js';
import { cloneTree } from '../tensor-tree/clone-tree.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { assertSameStructure } from '../tensor-tree/tree-difference.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { trainDefaults, type TrainOptions } from './train-options.js';
import type { TrainState } from './train-state.js';

/** Where a run begins. */
export interface RunStart {
  readonly state: TrainState;
  readonly step: number;
  readonly seed: number;
  /** The checkpoint it goes on from. */
  readonly resumedFrom?: string;
  readonly loss: number;
}

/** A fresh state, or the one of a checkpoint, checked against the fresh one. */
export async function startState(options: TrainOptions, stepsPerEpoch: number): Promise<RunStart> {
  const file = await checkpointToResume(options);
  if (file === undefined) {
    const seed = options.seed ?? trainDefaults.seed;
    return { state: freshState(options, seed), step: 0, seed, loss: Number.NaN };
  }
  const checkpoint = await loadCheckpoint(file);
  const { info, ...loaded } = checkpoint;
  let template: TrainState | undefined;
  try {
    checkInfo(info, options, { file, stepsPerEpoch });
    template = freshState(options, info.seed);
    const state = cloneTree(restoreTree(template, loaded, `checkpoint ${file}`));
    return { state, step: info.step, seed: info.seed, resumedFrom: file, loss: info.loss ?? Number.NaN };
  } finally {
    disposeTree(loaded);
    if (template !== undefined) disposeTree(template);
  }
}

async function checkpointToResume({ resume, checkpoint }: TrainOptions): Promise<string | undefined> {
  if (typeof resume === 'string') return resume;
  return resume === true && checkpoint !== undefined ? latestCheckpoint(checkpoint.folder) : undefined;
}

function freshState({ method, optimizer, initial }: TrainOptions, seed: number): TrainState {
  return tf.tidy(() => {
    const made = method.init(seed);
    if (initial !== undefined) assertSameStructure({ ...initial }, { ...made }, `the initial weights and those of ${method.name}`);
    // Clones: a method may put one tensor into params and aux (a teacher that starts as the student).
    const { params, aux } = cloneTree({ ...(initial ?? made) });
    return { params, aux, optimizer: optimizer.init(treeToMap(params)) } as unknown as tf.TensorContainer;
  }) as unknown as TrainState;
}

function checkInfo(
  info: CheckpointInfo,
  { method, optimizer, loader, seed }: TrainOptions,
  { file, stepsPerEpoch }: { file: string; stepsPerEpoch: number },
): void {
  const differences = [
    difference('method', info.method, method.name),
    difference('optimizer', info.optimizer, optimizer.name),
    difference('batch size', info.batchSize, loader.batchSize),
    difference('steps per epoch', info.stepsPerEpoch, stepsPerEpoch),
    difference('seed', info.seed, seed ?? info.seed),
  ].filter((line) => line !== undefined);
  if (differences.length === 0) return;
  throw new SslError(
    `checkpoint ${file} is of another run: ${differences.join(', ')}. ` +
      'Resume with the settings and data of that run, or start a new one from its weights (initial).',
    { from: '@ssl/core' },
  );
}

function difference(name: string, there: string | number, here: string | number): string | undefined {
  return there === here ? undefined : `its ${name} is ${there}, this run's ${here}`;
}
