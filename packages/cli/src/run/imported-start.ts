import { existsSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { disposeTree, isSslError } from '@ssl/core';
import { fitChannels, foldNormalization, initialWeights, type ImportedBackbone } from '@ssl/weights';
import type { RunWeights } from '../evaluation/embed-images.js';
import type { BuiltRun } from './build-run.js';
import { show } from './run-folder.js';
import { readBackbone } from './start-weights.js';

/** The network of a run before its training, where that was not at random. */
export interface ImportedStart {
  /** Of the file, for a table. */
  readonly name: string;
  readonly weights: RunWeights;
  dispose(): void;
}

/** The file that `--init` meant: of a run's folder the checkpoint that was taken. */
export function placeOfStart(named: string, folder: string, { source }: ImportedBackbone): string {
  const path = resolve(folder, named);
  return existsSync(path) && statSync(path).isDirectory() ? source : path;
}

/**
 * The weights that a run started from, to be compared with what became of them.
 *
 * @param looked - Where the weights that are compared come from: those of a file alone are their own start.
 * @returns Nothing for a start at random; the reason where the file is not there any more, or is another one.
 */
export async function importedStart(run: BuiltRun, looked?: string): Promise<ImportedStart | { readonly problem: string } | undefined> {
  const { init, seed } = run.description;
  if (init === undefined) return undefined;
  const path = init.read ?? init.file;
  if (path === looked) return undefined;
  const missing = (reason: string) => ({ problem: `The weights that the run started from are not compared: ${reason}.` });
  if (!existsSync(path)) return missing(`${show(path)} is not there any more`);
  try {
    const backbone = await readBackbone(path, process.cwd());
    if (backbone.sha256 !== init.sha256) return missing(`${show(path)} has changed since`);
    const fitted = fitChannels(foldNormalization(backbone), run.description.channels);
    const weights = initialWeights(run.method, seed, foldNormalization(fitted, run.normalization));
    return {
      name: nameOf(path),
      weights,
      dispose: () => {
        disposeTree([weights.params, weights.aux]);
      },
    };
  } catch (error) {
    if (!isSslError(error)) throw error;
    return missing(error.message.replace(/\.$/, ''));
  }
}

/** A checkpoint has the name of its run. */
function nameOf(path: string): string {
  const folder = dirname(path);
  return basename(folder) === 'checkpoints' ? `${basename(dirname(folder))}/${basename(path)}` : basename(path);
}
