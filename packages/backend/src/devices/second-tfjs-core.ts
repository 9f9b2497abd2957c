import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';

/** One copy of `@tensorflow/tfjs-core` in this process. */
export interface CoreCopy {
  readonly folder: string;
  readonly version: string;
}

const marker = join('node_modules', '@tensorflow', 'tfjs-core');

/** The copies of tfjs-core among loaded files, one for each folder they come from. */
export function loadedCoreCopies(loadedFiles: readonly string[], readVersion = versionIn): CoreCopy[] {
  const folders = new Set<string>();
  for (const file of loadedFiles) {
    const start = file.lastIndexOf(marker);
    const end = start + marker.length;
    // Files of another package nested below (its own dependencies) do not count.
    if (start < 0 || file.includes('node_modules', end) || !/^[\\/]dist[\\/]/.test(file.slice(end))) continue;
    folders.add(file.slice(0, end));
  }
  return [...folders].map((folder) => ({ folder, version: readVersion(folder) }));
}

/**
 * Looks for a second copy of tfjs-core; call it when a tfjs backend is active. Copies of one version share their engine and work, with a note; copies of
 * different versions overwrite each other's kernels and gradients, which is an error.
 *
 * @returns notes for the user
 * @throws SslError where two versions are loaded
 */
export function checkForSecondCore(
  copies: readonly CoreCopy[] = loadedCoreCopies(Object.keys(createRequire(import.meta.url).cache)),
): string[] {
  const versions = new Set(copies.map((copy) => copy.version));
  const places = copies.map(({ folder, version }) => `${version} in ${dirname(dirname(folder))}`).join(', ');
  const cure =
    'Let one package.json decide the version (`overrides` in npm and pnpm, `resolutions` in yarn), or `npm dedupe`.';
  if (versions.size > 1) {
    throw new SslError(
      `one copy of @tensorflow/tfjs-core is needed, but ${copies.length} are loaded: ${places}. Tensors of one are strangers to the kernels of the other. ${cure}`,
      { from: '@ssl/backend' },
    );
  }
  if (copies.length > 1) return [`@tensorflow/tfjs-core is loaded twice: ${places}. ${cure}`];
  // A copy that was bundled or came as an ES module leaves no file; its tensors are of a class that is not ours.
  if (tf.tidy(() => tf.scalar(0).constructor !== tf.Tensor)) {
    return [
      `the engine of @tensorflow/tfjs-core was made by another copy than the one that @ssl/backend imports (${tf.version_core}). ${cure}`,
    ];
  }
  return [];
}

function versionIn(folder: string): string {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version?: unknown };
    return typeof manifest.version === 'string' ? manifest.version : 'unknown';
  } catch {
    return 'unknown';
  }
}
