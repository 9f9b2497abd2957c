import process from 'node:process';
import { exitCodes } from './exit-codes.js';
import { createProgram } from './program/create-program.js';
import { normaliseArguments } from './program/normalise-arguments.js';
import { reportError } from './program/report-error.js';

/** Runs the command and resolves to its exit code. */
export async function main(given: readonly string[]): Promise<number> {
  const argv = normaliseArguments(given);
  let code: number = exitCodes.success;
  const finish = (value: number): void => {
    code = value;
  };
  try {
    const program = await createProgram({ argv, folder: process.cwd(), finish });
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    return reportError(error, (text) => process.stderr.write(text), argv.includes('--verbose'));
  }
  return code;
}
