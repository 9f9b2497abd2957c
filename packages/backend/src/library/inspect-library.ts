import { join } from 'node:path';
import { cacheFolder, isSslError } from '@ssl/core';
import { inspectFolder } from './folder-marker.js';
import { givenLibrary, useGivenLibrary } from './given-library.js';
import { wheelFor, type LibraryVariant } from './wheel.js';

/** Why the library is not in place. */
export interface LibraryObstacle {
  readonly reason: string;
  /** False where fetching it would help. */
  readonly final: boolean;
}

/** Looks for libtensorflow without fetching or unpacking anything. */
export async function inspectLibrary(options: {
  readonly variant: LibraryVariant;
  readonly library: string | undefined;
  readonly cacheFolder: string | undefined;
}): Promise<LibraryObstacle | undefined> {
  try {
    const given = givenLibrary(options.library);
    if (given !== undefined) {
      await useGivenLibrary(given);
      return undefined;
    }
    const { key, downloadBytes } = wheelFor(options.variant);
    const folder = join(cacheFolder(options.cacheFolder), key);
    const found = await inspectFolder(folder, false);
    if (found.state === 'complete') return undefined;
    const what = found.state === 'absent' ? 'is not fetched yet' : `in ${folder} is damaged (${found.reason})`;
    return {
      reason: `libtensorflow ${what}; \`ssl doctor\` or a run with the device '${options.variant}' fetches ${Math.round(downloadBytes / 1e6)} MB`,
      final: false,
    };
  } catch (error) {
    if (!isSslError(error)) throw error;
    return { reason: error.message, final: true };
  }
}
