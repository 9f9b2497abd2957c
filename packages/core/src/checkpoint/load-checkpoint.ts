import { SslError } from '../errors.js';
import type { SafetensorsFile } from '../files/decode-safetensors.js';
import { describeNonFinite, nonFiniteTensors } from '../files/non-finite-tensors.js';
import { readSafetensors, readSafetensorsMetadata } from '../files/read-safetensors.js';
import { restoreTensors } from '../files/restore-tensors.js';
import { mapToTree } from '../tensor-tree/tree-map.js';
import type { Checkpoint, CheckpointInfo } from './checkpoint.js';

/**
 * Reads a checkpoint. Lists come back as records with the keys '0', '1', …; {@link restoreTree} gives them their form again.
 *
 * @returns Tensors that belong to the caller.
 * @throws SslError when the file is missing, damaged, no checkpoint of this library, or holds NaN.
 */
export async function loadCheckpoint(path: string): Promise<Checkpoint> {
  const { tensors, info } = await readStored(path);
  const part = (name: string) => {
    const prefix = `${name}/`;
    const own = Object.entries(tensors).filter(([key]) => key.startsWith(prefix));
    return mapToTree(restoreTensors(Object.fromEntries(own.map(([key, stored]) => [key.slice(prefix.length), stored]))));
  };
  return { info, params: part('params'), aux: part('aux'), optimizer: part('optimizer') };
}

/**
 * Looks whether a whole checkpoint is there, without its tensors on the device.
 *
 * @throws SslError as {@link loadCheckpoint}: the whole file is read.
 */
export async function checkCheckpoint(path: string): Promise<CheckpointInfo> {
  return (await readStored(path)).info;
}

/**
 * Reads what a checkpoint says about its run, from the beginning of the file alone: whether its tensors are whole, only loading tells.
 *
 * @throws SslError when the file is missing, or no checkpoint of this library.
 */
export async function readCheckpointInfo(path: string): Promise<CheckpointInfo> {
  return parseInfo((await readSafetensorsMetadata(path)).ssl, path);
}

async function readStored(path: string): Promise<{ readonly info: CheckpointInfo; readonly tensors: SafetensorsFile['tensors'] }> {
  const { tensors, metadata } = await readSafetensors(path);
  const info = parseInfo(metadata.ssl, path);
  // Infinities can be meant (a least value that is not known yet), but never among the parameters.
  const bad = nonFiniteTensors(tensors).filter(({ name, nan }) => nan > 0 || name.startsWith('params/'));
  if (bad.length > 0) throw new SslError(`${path} was to hold finite numbers, got ${describeNonFinite(bad)}. Take an earlier checkpoint of the run.`, { from: '@ssl/core' });
  return { info, tensors };
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
