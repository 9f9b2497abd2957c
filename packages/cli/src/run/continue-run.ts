import { resolve } from 'node:path';
import { continueState, disposeTree, loadCheckpoint, type MethodState, type SslMethod } from '@ssl/core';
import type { ImportedBackbone } from '@ssl/weights';
import type { SslConfig } from '../config/config-schema.js';
import type { Output } from '../progress/output.js';
import { formatCount } from '../progress/format.js';
import { UsageError } from '../usage-error.js';
import { backboneOfRun } from './backbone-of-run.js';
import { configOfRun } from './config-of-run.js';
import { findRun } from './find-run.js';
import { loadRun } from './load-run.js';
import { show } from './run-folder.js';
import { describeStart, type StartDescription } from './start-weights.js';

/** Everything of another run that a new one goes on from. */
export interface ContinuedRun {
  readonly checkpoint: string;
  readonly backbone: ImportedBackbone;
  readonly init: StartDescription;
}

/** The settings of the run that `--continue-from` names; its network comes from its checkpoint, and its length is asked for anew. */
export function configOfContinued(named: string, folder: string, fromFile: SslConfig): SslConfig {
  const own: ReadonlySet<string> = new Set<keyof SslConfig>(['network', 'width', 'stem', 'epochs']);
  const settings = Object.fromEntries(Object.entries(configOfRun(named, folder, fromFile)).filter(([key]) => !own.has(key)));
  return { ...settings, ...(fromFile.name === undefined ? {} : { name: fromFile.name }) };
}

/**
 * Checks what `--continue-from` needs, before anything is loaded.
 *
 * @throws UsageError for another method, a second start, or a missing length.
 */
export function checkContinued(named: string, config: SslConfig, method: string, folder: string): void {
  if (config.init !== undefined) throw new UsageError('--continue-from takes backbone and heads of a run, --init a backbone alone. Give one of them.');
  if (config.network !== undefined || config.width !== undefined || config.stem !== undefined) {
    throw new UsageError('With --continue-from the network is the one of the run. Leave out --network, --width and --stem.');
  }
  if (config.epochs === undefined) throw new UsageError('--continue-from starts a new phase with schedules of its own. Say how long it is: --epochs N.');
  const { description } = findRun(named, folder, runsFolder(config, folder));
  if (description.method !== method) {
    throw new UsageError(`--continue-from takes heads and teacher too, which ${description.method} trained and ${method} does not have. Leave out --method, or start ${method} from the backbone alone: --init ${named}.`);
  }
}

/**
 * Reads the run that `--continue-from` names.
 *
 * @throws UsageError for a run without a checkpoint.
 */
export async function readContinued(named: string, config: SslConfig, folder: string, output: Output): Promise<ContinuedRun> {
  const loaded = await loadRun(named, folder, runsFolder(config, folder), {}, '--continue-from');
  const checkpoint = loaded.checkpointPath;
  const { step } = loaded.checkpoint.info;
  const { method, imageSize } = loaded.run.description;
  const backbone = await backboneOfRun(loaded);
  output.line(`  continue from ${show(checkpoint)}  ${output.dim(`step ${formatCount(step)}, ${String(imageSize)} pixels; schedules start anew`)}`);
  return { checkpoint, backbone, init: { ...describeStart(backbone), continued: { method, imageSize, step } } };
}

function runsFolder({ output = 'runs' }: SslConfig, folder: string): string {
  return resolve(folder, output);
}

/** The first values of a run that goes on from a checkpoint of another one. The caller disposes of them. */
export async function continuedState(method: SslMethod, path: string): Promise<MethodState> {
  const { params, aux, optimizer } = await loadCheckpoint(path);
  try {
    return continueState(method, { params, aux }, { what: `checkpoint ${show(path)}` });
  } finally {
    disposeTree([params, aux, optimizer]);
  }
}
