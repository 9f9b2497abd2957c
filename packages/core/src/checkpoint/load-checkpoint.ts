import { SslError } from '../errors.js';
import { readSafetensors, readSafetensorsMetadata } from '../files/read-safetensors.js';
import { restoreTensors } from '../files/restore-tensors.js';
import { mapToTree } from '../tensor-tree/tree-map.js';
import type { Checkpoint, CheckpointInfo } from './checkpoint.js';

/**
 * Reads a checkpoint. Lists come back as records with the keys '0', '1', …; {@link restoreTree} gives them their form again.
 *
 * @returns Tensors that belong to the caller.
 * @throws SslError when the file is missing, damaged, or no checkpoint of this library.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, metadata } = await readSafetensors(path);
  const info = parseInfo(metadata.ssl, path);
  const part = (name: string) => {
    const prefix = `${name}/`;
    const own = Object.entries(tensors).filter(([key]) => key.startsWith(prefix));
    return mapToTree(restoreTensors(Object.fromEntries(own.map(([key, stored]) => [key.slice(prefix.length), stored]))));
  };
  return { info, params: part('params'), aux: part('aux'), optimizer: part('optimizer') };
}

/**
 * Reads what a checkpoint says about its run, from the beginning of the file alone: whether its tensors are whole, only loading tells.
 *
 * @throws SslError when the file is missing, or no checkpoint of this library.
 */
export async function readCheckpointInfo(path: string): Promise<CheckpointInfo> {
  return parseInfo((await readSafetensorsMetadata(path)).ssl, path);
}

function parseInfo(text: string | undefined, path: string): CheckpointInfo {
  let info: Partial<CheckpointInfo> = {};
  try {
    info = JSON.parse(text ?? '{}') as Partial<CheckpointInfo>;
  } catch {
    // Reported below, like a file without any.
  }
  if (info.format !== 'ssl-checkpoint/1') {
    throw new SslError(
      `${path} was to be a checkpoint of format ssl-checkpoint/1, got ${info.format === undefined ? 'a safetensors file without run information' : `'${String(info.format)}'`}. ` +
        'Give a file that training wrote; for plain weights use loadStateDict.',
      { from: '@ssl/core' },
    );
  }
  return info as CheckpointInfo;
}
