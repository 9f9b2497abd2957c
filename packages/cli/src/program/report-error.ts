import { isSslError } from '@ssl/core';
import { CommanderError } from 'commander';
import { exitCodes } from '../exit-codes.js';
import { visibleLines } from '../progress/visible.js';
import { inFlags } from './option-names.js';
import { describeSystemError } from './system-errors.js';

/**
 * Shows an error and gives the exit code that belongs to it. Errors that are meant for the user are their message alone;
 * others keep their stack, since they are ours to repair.
 */
export function reportError(error: unknown, print: (text: string) => void, verbose: boolean): number {
  const write = (text: string): void => {
    print(visibleLines(text)); // names of files stand in messages
  };
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.success : exitCodes.usage; // commander has shown it
  if (isSslError(error)) {
    write(`${verbose ? (error.stack ?? error.message) : withoutOwnPrefix(inFlags(error.message))}\n`);
    return error.name === 'UsageError' ? exitCodes.usage : exitCodes.error;
  }
  const words = describeSystemError(error);
  if (words !== undefined) {
    write(`${inFlags(words)}\n${verbose ? `${(error as Error).stack ?? ''}\n` : ''}`);
    return exitCodes.error;
  }
  write(`An error that should not happen; please report it with these lines:\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return exitCodes.error;
}

/** The command need not say that it is itself speaking. */
function withoutOwnPrefix(message: string): string {
  return message.replace(/^\[@ssl\/cli\] /, '');
}
