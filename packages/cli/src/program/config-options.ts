import { InvalidArgumentError, Option, type Command } from 'commander';
import { configFlags, kebabCase, type ConfigFlag } from '../config/config-flags.js';
import { checkConfig } from '../config/check-config.js';
import type { SslConfig } from '../config/config-schema.js';
import type { AnyPlugin } from '../methods/plugins-of.js';

/** Adds a flag for each key of the configuration, and for each option of the method. */
export function addConfigOptions(command: Command, plugin: AnyPlugin): Command {
  const flags = configFlags();
  command.optionsGroup('Settings (each also a key of ssl.config.ts):');
  for (const flag of flags) addOption(command, flag);
  command.optionsGroup(`Options of ${plugin.name}:`);
  for (const [name, value] of Object.entries(plugin.defaults)) {
    const taken = flags.some(({ key }) => key === name);
    const kind = typeof value === 'number' ? 'number' : typeof value === 'boolean' ? 'boolean' : 'string';
    const small = plugin.smallData[name];
    const description = `${JSON.stringify(value)}${small === undefined ? '' : `; for small data ${JSON.stringify(small)}`}`;
    if (!taken) addOption(command, { key: `methodOptions.${name}`, flag: `--${kebabCase(name)}`, kind, description });
    addOption(command, { key: `methodOptions.${name}`, flag: `--method-options.${kebabCase(name)}`, kind, description }, true);
  }
  return command;
}

/**
 * What the flags say, as a configuration.
 *
 * @throws UsageError where a value does not fit.
 */
export function configFromOptions(command: Command, plugin: AnyPlugin): SslConfig {
  const keys = new Map(configFlags().map(({ key, flag }) => [flag, key]));
  for (const name of Object.keys(plugin.defaults)) {
    for (const flag of [`--${kebabCase(name)}`, `--method-options.${kebabCase(name)}`]) if (!keys.has(flag)) keys.set(flag, `methodOptions.${name}`);
  }
  const config: Record<string, unknown> = {};
  for (const option of command.options) {
    const key = keys.get(option.negate ? (option.long ?? '').replace('--no-', '--') : (option.long ?? ''));
    if (key === undefined || command.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    const value: unknown = command.getOptionValue(option.attributeName());
    const dot = key.indexOf('.');
    if (dot < 0) config[key] = value;
    else config[key.slice(0, dot)] = { ...(config[key.slice(0, dot)] as object | undefined), [key.slice(dot + 1)]: value };
  }
  return checkConfig(config, 'the command line');
}

function addOption(command: Command, flag: ConfigFlag, hidden = false): void {
  const { kind, choices, list, description } = flag;
  if (kind === 'boolean') {
    command.addOption(hide(new Option(flag.flag, description), hidden));
    command.addOption(new Option(flag.flag.replace('--', '--no-'), `not: ${description}`).hideHelp());
    return;
  }
  const placeholder = choices !== undefined && choices.join('|').length < 40 ? choices.join('|') : kind === 'number' ? 'number' : choices === undefined ? 'text' : 'name';
  const option = hide(new Option(`${flag.flag} <${placeholder}>`, description), hidden);
  if (list === true && kind === 'number') option.argParser(collectNumbers);
  else if (list === true) option.argParser(collectTexts);
  else if (kind === 'number') option.argParser(parseNumber);
  command.addOption(option);
}

function hide(option: Option, hidden: boolean): Option {
  return hidden ? option.hideHelp() : option;
}

/** `0.7,0.3`, or the flag once for each. */
function collectNumbers(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, ...text.split(',').map(parseNumber)];
}

/** One text, or a list where the flag comes again. */
function collectTexts(text: string, before: string | readonly string[] | undefined): string | readonly string[] {
  return before === undefined ? text : [before, text].flat();
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It must be a number.');
  return value;
}
