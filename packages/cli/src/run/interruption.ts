import process from 'node:process';

/** Two signals within this time are one key press: a terminal sends it to every process of the group, and npm passes it on again. */
const samePressMilliseconds = 700;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** What Ctrl-C and termination signals mean while training runs. */
export interface Interruption {
  /** Fires at the first signal. */
  readonly signal: AbortSignal;
  /** Gives the signals their usual meaning back. */
  stop(): void;
}

/**
 * Turns the first Ctrl-C (or SIGTERM, SIGHUP) into an abort signal; the second one ends the process at once.
 *
 * @param onFirst Tells the user what happens now.
 */
export function watchInterruption(onFirst: () => void): Interruption {
  const controller = new AbortController();
  let first: number | undefined;
  const handle = (name: NodeJS.Signals): void => {
    const now = performance.now();
    if (first === undefined) {
      first = now;
      controller.abort();
      onFirst();
      return;
    }
    if (now - first < samePressMilliseconds) return;
    stop();
    process.kill(process.pid, name);
  };
  const stop = (): void => {
    for (const name of signals) process.off(name, handle);
  };
  for (const name of signals) process.on(name, handle);
  return { signal: controller.signal, stop };
}
