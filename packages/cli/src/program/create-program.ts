import process from 'node:process';
import { Command } from 'commander';
import { visibleLines } from '../progress/visible.js';
import { withCommonFlags } from './common-flags.js';
import { nameFlagsOf } from './option-names.js';
import { packageVersion } from './package-version.js';

/** What a command gets from the program. */
export interface ProgramContext {
  /** The command line, flags written as in the help. */
  readonly argv: readonly string[];
  /** Where the user stands. */
  readonly folder: string;
  /** Sets the process's exit code. */
  readonly finish: (code: number) => void;
}

/** Gives a command its options and what it does. Loaded only for the command that was called: engines and charts take a second. */
export type DefineCommand = (command: Command, context: ProgramContext) => void | Promise<void>;

interface CommandEntry {
  readonly name: string;
  readonly description: string;
  readonly load: () => Promise<DefineCommand>;
}

const commands: readonly CommandEntry[] = [
  { name: 'train', description: 'train a network on images without labels', load: async () => (await import('../commands/train.js')).defineTrain },
  { name: 'search', description: 'search an augmentation schedule for your images (PBA)', load: async () => (await import('../commands/search.js')).defineSearch },
  { name: 'eval', description: 'classify images by their nearest neighbours, with the features of a run', load: async () => (await import('../commands/eval.js')).defineEval },
  { name: 'embed', description: 'write the feature vectors of images', load: async () => (await import('../commands/embed.js')).defineEmbed },
  { name: 'import', description: 'turn weights of other libraries into a backbone file', load: async () => (await import('../commands/import.js')).defineImport },
  { name: 'export', description: 'write the backbone of a run for PyTorch, timm or torchvision', load: async () => (await import('../commands/export.js')).defineExport },
  { name: 'report', description: 'write the page of a run: curves, table, pictures', load: async () => (await import('../commands/report.js')).defineReport },
  { name: 'views', description: 'write a page of the views that training would see', load: async () => (await import('../commands/views.js')).defineViews },
  { name: 'pack', description: 'write images into one file that training reads fast', load: async () => (await import('../commands/pack.js')).definePack },
  { name: 'methods', description: 'list the installed methods with their options', load: async () => (await import('../commands/methods.js')).defineMethods },
  { name: 'doctor', description: 'show what computes here and why, and what to repair', load: async () => (await import('../commands/doctor.js')).defineDoctor },
  { name: 'quickstart', description: 'train SimCLR on emoji drawings for three minutes and show what it learned', load: async () => (await import('../commands/quickstart.js')).defineQuickstart },
];

/** The whole command line of `ssl`. The options of `ssl train` depend on the method, so they are made from `argv`. */
export async function createProgram(context: ProgramContext): Promise<Command> {
  const program = new Command('ssl')
    .description('Trains image networks without labels, and shows what they learned.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .showHelpAfterError('(ssl --help lists everything)')
    .exitOverride()
    .configureOutput({ writeErr: (text) => process.stderr.write(visibleLines(text)) })
    .configureHelp({ helpWidth: 110 });
  const called = context.argv.find((argument) => !argument.startsWith('-'));
  for (const { name, description, load } of commands) {
    const command = program.command(name).description(description).showHelpAfterError(`(ssl ${name} --help lists its options)`);
    if (name !== called) continue;
    await (await load())(withCommonFlags(command), context);
    nameFlagsOf(command);
  }
  return program.addHelpText(
    'after',
    `
Examples:
  ssl train --method simclr --data ./my-photos      train on a folder of images
  ssl train --method dinov2 --init dinov2_vits14_pretrain.pth --data ./my-photos
                                                    go on from public weights
  ssl eval runs/<name> --data ./my-photos           classify by nearest neighbours
  ssl embed runs/<name> --data ./my-photos          write feature vectors
  ssl doctor                                        what computes here, and why

Exit codes: 0 done, 1 error, 2 wrong command line or configuration, 128 + n ended by signal n, after\na checkpoint was saved where training was under way (130 Ctrl-C, 143 SIGTERM, 129 terminal closed, 141 output closed).`,
  );
}
