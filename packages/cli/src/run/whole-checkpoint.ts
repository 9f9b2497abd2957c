import { basename } from 'node:path';
import { checkCheckpoint, isSslError, SslError, wholeCheckpointBefore } from '@ssl/core';
import { formatCount } from '../progress/format.js';
import { show } from './run-folder.js';

/**
 * Reads a checkpoint; where that fails and an older one beside it is whole, the error says how to take that one.
 *
 * @param flag - What named the run: `--init`; nothing where it is the command's argument.
 * @example
 * await orOlderCheckpoint(path, '--resume', () => loadCheckpoint(path));
 */
export async function orOlderCheckpoint<T>(path: string, flag: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!isSslError(error) || (await isWhole(path))) throw error;
    const older = await wholeCheckpointBefore(path);
    const remedy =
      older === undefined
        ? 'No older checkpoint of the run is whole.'
        : `The one before it, of step ${formatCount(older.step)}, is whole. To take it, write ${flag === '' ? `${show(older.path)} in place of the run` : `${flag} ${show(older.path)}`}`;
    throw new SslError(`The checkpoint ${basename(path)} cannot be used: ${error.message.replace(/^\[[^\]]*\] /, '')} ${remedy}`, { from: '@ssl/cli', cause: error });
  }
}

function isWhole(path: string): Promise<boolean> {
  return checkCheckpoint(path).then(
    () => true,
    () => false,
  );
}
