import { rmSync } from 'node:fs';

const held = new Set<string>();

/**
 * Holds a file or folder that must not outlive the process: where it ends by `process.exit` or an error before the returned
 * function is called, the path is removed. A signal that is not caught ends it without that.
 *
 * @returns What lets the path go, once it was removed or renamed.
 *
 * @example
 * const release = holdTemporaryPath(partial);
 * try { await write(partial); await rename(partial, path); } finally { release(); }
 */
export function holdTemporaryPath(path: string): () => void {
  if (held.size === 0) process.once('exit', removeTemporaryPaths);
  held.add(path);
  return () => {
    held.delete(path);
    if (held.size === 0) process.off('exit', removeTemporaryPaths);
  };
}

/** Removes what is held. What cannot be removed stays. */
export function removeTemporaryPaths(): void {
  for (const path of held) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The process ends either way.
    }
  }
  held.clear();
}
