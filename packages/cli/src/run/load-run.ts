import { loadCheckpoint, SslError, type Checkpoint } from '@ssl/core';
import { findRun, type FoundRun } from './find-run.js';
import { buildRun, type BuiltRun, type GivenObjects } from './build-run.js';
import { show } from './run-folder.js';
import { orOlderCheckpoint } from './whole-checkpoint.js';

/** A run with the weights of one of its checkpoints. */
export interface LoadedRun {
  readonly run: BuiltRun;
  readonly found: FoundRun;
  readonly checkpointPath: string;
  readonly checkpoint: Checkpoint;
}

/**
 * Loads a run: its folder (newest checkpoint) or a checkpoint file, or (true) the run that was written last.
 *
 * @param flag - What named the run, for errors: `--init`; nothing for the command's argument.
 * @throws SslError where nothing was saved yet, the file does not fit the network, or is damaged (with the older one that is not).
 */
export async function loadRun(named: string | true, folder: string, output: string, given: GivenObjects = {}, flag = ''): Promise<LoadedRun> {
  const found = findRun(named, folder, output, 'trained runs');
  if (found.checkpoint === undefined) {
    throw new SslError(`The run ${show(found.folder.path)} has no checkpoint yet. Let it train to the end of an epoch, or stop it with Ctrl-C, which saves one.`, { from: '@ssl/cli' });
  }
  const run = await buildRun(found.description, folder, given);
  const { checkpoint: path } = found;
  return { run, found, checkpointPath: path, checkpoint: await orOlderCheckpoint(path, flag, () => loadCheckpoint(path)) };
}
