import { endNow, takeEndings, type Ending } from './endings.js';

/** Two signals within this time are one key press: a terminal sends it to every process of the group, and npm passes it on again. */
const samePressMilliseconds = 700;

/** What ends a run while it trains. */
export interface Interruption {
  /** Fires at the first ending. */
  readonly signal: AbortSignal;
  /** What it was. */
  readonly ending: Ending | undefined;
  /** Gives signals and errors their usual meaning back. */
  stop(): void;
}

export interface InterruptionReactions {
  /** Tells the user what happens now. */
  readonly onFirst: (ending: Ending) => void;
  /** Just before the process ends at once. */
  readonly onImpatience?: () => void;
  /** Ends the process; a test gives its own. */
  readonly end?: (ending: Ending) => void;
}

/**
 * Turns the first signal, closed output or stray error into an abort signal, so that work can be saved. Ctrl-C (or SIGQUIT) after it, and
 * a second SIGTERM, end the process at once; other signals come by themselves (SIGXCPU every second) and change nothing.
 */
export function watchInterruption({ onFirst, onImpatience, end = endNow }: InterruptionReactions): Interruption {
  const controller = new AbortController();
  let first: { readonly ending: Ending; readonly at: number } | undefined;
  const stop = takeEndings((ending) => {
    const now = performance.now();
    if (first === undefined) {
      first = { ending, at: now };
      controller.abort();
      onFirst(ending);
      return;
    }
    if (ending.kind === 'error') first = { ending, at: now }; // it is reported when the work is saved
    if (now - first.at < samePressMilliseconds || !isImpatient(first.ending, ending)) return;
    stop();
    onImpatience?.();
    end(ending);
  });
  return {
    signal: controller.signal,
    get ending() {
      return first?.ending;
    },
    stop,
  };
}

function isImpatient(first: Ending, next: Ending): boolean {
  if (next.kind !== 'signal') return false;
  return next.signal === 'SIGINT' || next.signal === 'SIGQUIT' || (next.signal === 'SIGTERM' && first.kind === 'signal' && first.signal === 'SIGTERM');
}
