import type { Command } from 'commander';
import type { SslConfig } from '../config/config-schema.js';
import { loadConfig, type LoadedConfig } from '../config/load-config.js';
import { mergeConfig } from '../config/merge-config.js';
import { resolveMethod, type ResolvedMethod } from '../methods/resolve-method.js';
import { addConfigOptions, configFromOptions } from '../program/config-options.js';
import type { ProgramContext } from '../program/create-program.js';
import { peekFlag } from '../program/normalise-arguments.js';

/** What a command that takes the whole configuration works with. */
export interface Configured {
  readonly config: SslConfig;
  /** What the flags alone say. */
  readonly given: SslConfig;
  /** What the configuration file says, where there is one. */
  readonly file: LoadedConfig;
  readonly method: ResolvedMethod;
}

/**
 * Gives a command a flag for every key of the configuration and every option of the method, which depend on the command
 * line and on `ssl.config.ts`; so both are looked at first.
 *
 * @param change Puts something between the file and the flags: the settings of a run that goes on.
 * @returns Puts file and flags together; to be called when the command line has been parsed.
 */
export async function configure(command: Command, { argv, folder }: ProgramContext, change: (fromFile: SslConfig) => SslConfig = (config) => config): Promise<() => Configured> {
  command.optionsGroup('Run:').option('--config <file>', 'configuration file; left out: ssl.config.ts here, where there is one');
  const file = await loadConfig(folder, peekFlag(argv, '--config'));
  const base = change(file.config);
  const given = peekFlag(argv, '--method') ?? base.method ?? 'simclr';
  const method = typeof given === 'string' ? await resolveMethod(given, folder) : { plugin: given, reference: given.name };
  addConfigOptions(command, method.plugin);
  return () => {
    const flags = configFromOptions(command, method.plugin);
    return { config: mergeConfig(base, flags), given: flags, file, method };
  };
}
