import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { doctorCommand } from '../commands/doctor.js';
import { embedCommand } from '../commands/embed.js';
import { evalCommand } from '../commands/eval.js';
import { methodsCommand } from '../commands/methods.js';
import { quickstartCommand } from '../commands/quickstart.js';
import { reportCommand } from '../commands/report.js';
import { trainCommand } from '../commands/train.js';

/** What a command gets from the program. */
export interface ProgramContext {
  /** The command line, flags written as in the help. */
  readonly argv: readonly string[];
  /** Where the user stands. */
  readonly folder: string;
  /** Sets the process's exit code. */
  readonly finish: (code: number) => void;
}

/** The whole command line of `ssl`. The options of `ssl train` depend on the method, so they are made from `argv`. */
export async function createProgram(context: ProgramContext): Promise<Command> {
  const program = new Command('ssl')
    .description('Trains image networks without labels, and shows what they learned.')
    .version(version(), '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showHelpAfterError('(ssl --help lists everything)')
    .exitOverride()
    .configureHelp({ helpWidth: 110 });
  const commands = [
    await trainCommand(context),
    evalCommand(context),
    embedCommand(context),
    reportCommand(context),
    methodsCommand(context),
    doctorCommand(context),
    quickstartCommand(context),
  ];
  for (const command of commands) {
    command.copyInheritedSettings(program);
    command.showHelpAfterError(`(ssl ${command.name()} --help lists its options)`);
    program.addCommand(command);
  }
  return program.addHelpText(
    'after',
    `
Examples:
  ssl train --method simclr --data ./my-photos      train on a folder of images
  ssl eval runs/<name> --data ./my-photos           classify by nearest neighbours
  ssl embed runs/<name> --data ./my-photos          write feature vectors
  ssl doctor                                        what computes here, and why

Exit codes: 0 done, 1 error, 2 wrong command line or configuration, 130 interrupted (a checkpoint was saved).`,
  );
}

function version(): string {
  const file = join(import.meta.dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
