import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encodeSafetensors } from '../files/encode-safetensors.js';
import { storeTensors } from '../files/store-tensors.js';
import { writeFileAtomically } from '../files/write-file-atomically.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import type { Checkpoint } from './checkpoint.js';

export interface SaveCheckpointOptions {
  /** Puts the bytes in place; the default is atomic. A test gives one that fails. */
  readonly write?: (path: string, bytes: Uint8Array) => Promise<void>;
}

/**
 * Writes a checkpoint as one safetensors file: tensors `params/…`, `aux/…` and `optimizer/…` as they are in memory
 * (convolutions `[height, width, in, out]`), everything else as JSON in the header. Atomic: a file that was there before
 * stays whole until the new one is, also when the disk is full.
 *
 * @returns Bytes written.
 * @throws SslError with the path and the reason when it cannot be written.
 */
export async function saveCheckpoint(path: string, checkpoint: Checkpoint, options: SaveCheckpointOptions = {}): Promise<number> {
  const { write = writeFileAtomically } = options;
  const { info, ...trees } = checkpoint;
  const bytes = encodeSafetensors(await storeTensors(treeToMap(flattened(trees))), { ssl: JSON.stringify(info) });
  await mkdir(dirname(path), { recursive: true });
  await write(path, bytes);
  return bytes.length;
}

/** One map with the three trees apart by a slash, which no path contains. */
function flattened(trees: Omit<Checkpoint, 'info'>): ReturnType<typeof treeToMap> {
  return Object.fromEntries(
    Object.entries(trees).flatMap(([part, tree]) =>
      Object.entries(treeToMap(tree)).map(([path, tensor]) => [`${part}/${path}`, tensor]),
    ),
  );
}
