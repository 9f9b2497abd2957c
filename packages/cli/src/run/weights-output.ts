import { existsSync, statSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { UsageError } from '../usage-error.js';
import { outputFile } from './output-file.js';
import { show } from './run-folder.js';
import { isCheckpoint } from './start-weights.js';

/** What `--out` is where nothing is said. */
export const defaultWeightsOutput = 'backbone.safetensors';

/**
 * The file that `--out` of `ssl import` and `ssl export` means: in a folder that is there, `backbone.safetensors`. Folders on
 * the way are made. Checked before anything is read.
 *
 * @throws UsageError for another ending, a checkpoint of a run, and a place that cannot be written.
 */
export async function weightsOutput(out: string, folder: string): Promise<string> {
  const named = resolve(folder, out);
  const isFolder = /[\\/]$/.test(out) || (existsSync(named) && statSync(named).isDirectory());
  const path = isFolder ? join(named, defaultWeightsOutput) : named;
  if (extname(path) !== '.safetensors') {
    throw new UsageError(`--out needs a file that ends in .safetensors, or a folder that is there, got ${out}. Write --out ${join(dirname(out), `${stemOf(out)}.safetensors`)}`);
  }
  if (existsSync(path) && statSync(path).isDirectory()) throw new UsageError(`--out needs a file, ${show(path)} is a folder. ${another(path)}`);
  if (existsSync(path) && (await isCheckpoint(path))) throw new UsageError(`--out needs a new file, ${show(path)} is a checkpoint of a run. Write --out ${defaultWeightsOutput}`);
  return outputFile(path, { folder });
}

/** @throws UsageError where the file that is read would be written over. */
export function refuseSource(path: string, source: string): void {
  if (path === resolve(source)) throw new UsageError(`--out needs another file than the one that is read, got ${show(path)} for both. ${another(path)}`);
}

function another(path: string): string {
  return `Write --out ${show(join(dirname(path), `${stemOf(path)}-2.safetensors`))}`;
}

function stemOf(path: string): string {
  const name = path.split(/[\\/]/).at(-1) ?? '';
  return name.slice(0, name.length - extname(name).length) || 'backbone';
}
