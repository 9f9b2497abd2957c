import { rmSync } from 'node:fs';

const held = new Set<string>();
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGXCPU', 'SIGALRM'] as const;

/**
 * Holds a file or folder that must not outlive the process: where that ends before the returned function is called, by `process.exit`, an
 * error or a signal that nobody else listens to, the path is removed.
 *
 * @returns What lets the path go, once it was removed or renamed.
 *
 * @example
 * const release = holdTemporaryPath(partial);
 * try { await write(partial); await rename(partial, path); } finally { release(); }
 */
export function holdTemporaryPath(path: string): () => void {
  if (held.size === 0) listen();
  held.add(path);
  return () => {
    if (held.delete(path) && held.size === 0) stopListening();
  };
}

function listen(): void {
  process.on('exit', removeTemporaryPaths);
  for (const signal of signals) process.on(signal, endBySignal);
}

function stopListening(): void {
  process.off('exit', removeTemporaryPaths);
  for (const signal of signals) process.off(signal, endBySignal);
}

/** What the signal would have done without a listener, after the removal. Another listener decides by itself. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeTemporaryPaths();
  process.kill(process.pid, signal);
}

/** Removes what is held. What cannot be removed stays. */
export function removeTemporaryPaths(): void {
  stopListening();
  for (const path of held) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // The process ends either way.
    }
  }
  held.clear();
}
