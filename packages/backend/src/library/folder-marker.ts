import { open, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 } from './sha256.js';

/** What was checked of one file when its folder was filled. */
export interface MarkedFile {
  /** Relative to the folder. */
  readonly path: string;
  readonly bytes: number;
  readonly modified: number;
  readonly sha256: string;
}

export interface FolderMarker {
  readonly format: 1;
  /** What the folder was made from: a wheel's file name and checksum. */
  readonly source: string;
  readonly files: readonly MarkedFile[];
}

const markerName = 'ssl-fetched.json';

/** Writes the marker of a filled folder and brings folder and files to the disk. */
export async function writeMarker(
  folder: string,
  source: string,
  checksums: ReadonlyMap<string, string>,
): Promise<FolderMarker> {
  const files: MarkedFile[] = [];
  for (const [path, digest] of checksums) {
    const file = join(folder, path);
    await synchronise(file);
    const { size, mtimeMs } = await stat(file);
    files.push({ path, bytes: size, modified: Math.round(mtimeMs), sha256: digest });
  }
  const marker: FolderMarker = { format: 1, source, files };
  await writeFile(join(folder, markerName), `${JSON.stringify(marker, undefined, 2)}\n`, { flush: true });
  for (const parent of new Set(files.map(({ path }) => dirname(join(folder, path))))) await synchronise(parent);
  await synchronise(folder);
  return marker;
}

/** What is wrong with a folder: 'absent', a sentence, or nothing. */
export type FolderState = { readonly state: 'complete' } | { readonly state: 'absent' } | { readonly state: 'damaged'; readonly reason: string };

export interface InspectOptions {
  /** What the end of the marker's `source` must be. */
  readonly source?: string | undefined;
  readonly onBytes?: ((done: number, total: number) => void) | undefined;
}

/**
 * Compares a folder with its marker by size and modification time; where only the time differs (a copied cache), or
 * where `verify` asks for it, by checksum.
 */
export async function inspectFolder(
  folder: string,
  verify: boolean,
  { source, onBytes }: InspectOptions = {},
): Promise<FolderState> {
  let marker: FolderMarker;
  try {
    marker = JSON.parse(await readFile(join(folder, markerName), 'utf8')) as FolderMarker;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return { state: 'damaged', reason: `${markerName} is unreadable` };
    return (await exists(folder)) ? { state: 'damaged', reason: `${markerName} is missing` } : { state: 'absent' };
  }
  if (!isMarker(marker)) return { state: 'damaged', reason: `${markerName} is of another kind` };
  if (source !== undefined && !marker.source.endsWith(source)) return { state: 'damaged', reason: `it was made from ${marker.source} instead of ${source}` };
  const total = marker.files.reduce((sum, file) => sum + file.bytes, 0);
  let done = 0;
  for (const file of marker.files) {
    const path = join(folder, file.path);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) return { state: 'damaged', reason: `${file.path} is missing` };
    if (found.size !== file.bytes) {
      return { state: 'damaged', reason: `${file.path} has ${found.size} bytes instead of ${file.bytes}` };
    }
    if (!verify && Math.round(found.mtimeMs) === file.modified) continue;
    const digest = await sha256(path, (count) => onBytes?.((done += count), total));
    if (digest !== file.sha256) {
      return { state: 'damaged', reason: `${file.path} has the sha256 ${digest} instead of ${file.sha256}` };
    }
  }
  return { state: 'complete' };
}

function isMarker(marker: Partial<FolderMarker> | null): boolean {
  return (marker?.format as number | undefined) === 1 && Array.isArray(marker?.files) && typeof marker.source === 'string';
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}

/** fsync of a file or folder. */
export async function synchronise(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
