import process from 'node:process';
import { reportError } from '../program/report-error.js';
import type { Output } from '../progress/output.js';
import { endNow, exitCodeOf, type Ending } from './endings.js';

/** Says how a run that was ended goes on, where somebody still reads it; gives the exit code. */
export function reportEnding(output: Output, ending: Ending, lines: readonly string[]): number {
  const closed = ending.kind === 'reader' && ending.stream === 'standard output';
  for (const line of lines) {
    if (closed) output.warn(line);
    else output.result(line);
  }
  if (ending.kind === 'error') reportStray(ending.error);
  return exitCodeOf(ending);
}

/** Ends the command where nothing is to be saved; shows an error that nobody caught. */
export function endCommand(ending: Ending): void {
  if (ending.kind === 'error') reportStray(ending.error);
  endNow(ending);
}

function reportStray(error: unknown): void {
  reportError(error, (text) => process.stderr.write(text), process.argv.includes('--verbose'));
}
