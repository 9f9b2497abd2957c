import type { Command } from 'commander';
import { createOutput, type Output } from '../progress/output.js';

/** Flags of every command. */
export interface CommonFlags {
  readonly quiet?: boolean;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

/** Adds `--quiet`, `--json` and `--verbose`. */
export function withCommonFlags(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .option('--quiet', 'print results and warnings only')
    .option('--json', 'print machine-readable events, one JSON object on a line')
    .option('--verbose', 'show where an error happened');
}

/** The output that the flags ask for. */
export function outputOf(flags: CommonFlags): Output {
  return createOutput({ ...(flags.quiet === undefined ? {} : { quiet: flags.quiet }), ...(flags.json === undefined ? {} : { json: flags.json }) });
}
