import { basename, dirname, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { configFlags, kebabCase } from '../config/config-flags.js';
import type { SslConfig } from '../config/config-schema.js';
import { commandName } from './command-name.js';
import { readAugmentation } from '../settings/augmentation.js';
import { networkName } from '../settings/choose-settings.js';
import { UsageError } from '../usage-error.js';
import type { FoundRun } from './find-run.js';
import { absoluteData } from './open-data.js';
import type { RunDescription } from './run-description.js';
import { show } from './run-folder.js';

/** Settings that a resumed run takes from file and flags anew: none changes what is learned from the same images. */
export const resumableSettings: ReadonlySet<string> = new Set<keyof SslConfig>(['device', 'threads', 'workers', 'checkpoint', 'output', 'monitorEvery', 'tensorboard', 'evaluate', 'recompute']);

/** A setting with another value than the run has. */
export interface ChangedSetting {
  /** Its flag: `--image-size`. */
  readonly flag: string;
  /** As it would be typed: `--image-size 32`. */
  readonly typed: string;
  /** The run's value. */
  readonly run: string;
}

/**
 * What a configuration says otherwise than a run; settings that {@link resumableSettings} names, and what it leaves out, are no difference.
 *
 * @param folder Where relative paths of the configuration start.
 */
export function changedSettings({ description, folder: place }: Pick<FoundRun, 'description' | 'folder'>, given: SslConfig, folder: string): ChangedSetting[] {
  const { methodOptions = {}, optimizer = {}, name, ...plain } = given;
  const changed: ChangedSetting[] = [];
  const compare = (flag: string, value: unknown, own: unknown, same = isDeepStrictEqual(value, own)): void => {
    if (value !== undefined && !same) changed.push({ flag, typed: typed(flag, value), run: written(own) });
  };
  for (const [key, value] of Object.entries(plain)) {
    if (resumableSettings.has(key)) continue;
    const own = settingOf(description, key as keyof SslConfig);
    if (own === undefined && unknown.has(key)) continue; // a run of an earlier version does not say
    compare(`--${kebabCase(key)}`, asWritten(key, value, folder), own, isPlace(key) ? isSamePlace(value, own, folder) : undefined);
  }
  for (const [key, value] of Object.entries(optimizer)) compare(`--optimizer.${kebabCase(key)}`, value, description.optimizer?.[key as keyof typeof optimizer] ?? 'as the method has it');
  for (const [key, value] of Object.entries(methodOptions)) compare(methodFlag(key), value, description.methodOptions[key]);
  compare('--name', name, basename(place.path));
  return changed;
}

/**
 * Refuses flags that would make another run of the one that goes on.
 *
 * @throws UsageError with every such flag, its value and the run's, and what takes it instead.
 */
export function checkResumed(run: FoundRun, given: SslConfig, folder: string): void {
  // The length may change, and the images themselves are compared.
  const changed = changedSettings(run, Object.fromEntries(Object.entries(given).filter(([key]) => key !== 'epochs' && key !== 'data')), folder);
  if (changed.length === 0) return;
  const listed = changed.map(({ typed: text, run: own }) => `${text} (the run: ${own})`).join(', ');
  throw new UsageError(
    `--resume goes on with ${show(run.folder.path)} as it was begun; of another run would be ${listed}. Leave ${changed.length === 1 ? 'it' : 'them'} out, or ${insteadOf(changed, run)}. ` +
      `--resume takes ${run.isSearch ? '' : '--epochs, '}--data where the images were moved, ${switches()}.`,
  );
}

function insteadOf(changed: readonly ChangedSetting[], { folder, isSearch }: FoundRun): string {
  const command = `${commandName()} train`;
  const path = show(folder.path);
  const given = changed.map(({ typed: text }) => text).join(' ');
  const has = (...flags: readonly string[]): boolean => changed.some(({ flag }) => flags.includes(flag));
  if (isSearch) return 'start a new search';
  if (has('--method')) return `start a run of that method from the backbone: ${command} --init ${path} --data … ${given}`;
  if (has('--network', '--width', '--stem', '--init', '--teacher', '--tokenizer', '--channels')) return 'start a new run without --resume';
  return `start a new phase from the weights of the run: ${command} --continue-from ${path} --epochs N ${given}`;
}

function switches(): string {
  return configFlags().flatMap(({ key, flag }) => (resumableSettings.has(key.split('.')[0] ?? '') ? [flag] : [])).join(', ');
}

function typed(flag: string, value: unknown): string {
  if (typeof value === 'boolean') return value ? flag : flag.replace('--', '--no-');
  return `${flag} ${written(value)}`;
}

/** Settings that descriptions of earlier versions lack. */
const unknown: ReadonlySet<string> = new Set<keyof SslConfig>(['labels', 'compiler']);

function settingOf(description: RunDescription, key: keyof SslConfig): unknown {
  if (key === 'teacher' || key === 'tokenizer') return description.frozen?.[key]?.checkpoint;
  if (key === 'init') return description.init?.read ?? description.init?.file;
  if (key === 'split') return description.split ?? 'train';
  if (key === 'background') return description.background ?? 'white';
  return description[key as keyof RunDescription];
}

/** The value as a description has it. */
function asWritten(key: string, value: unknown, folder: string): unknown {
  if (key === 'method') return typeof value === 'string' ? value : (value as { name: string }).name;
  if (key === 'network') return networkName(value as NonNullable<SslConfig['network']>);
  if (key === 'augmentation') return readAugmentation(value as NonNullable<SslConfig['augmentation']>, folder);
  if (key === 'compiler') return value === 'xla' ? 'xla' : 'graph';
  if (key === 'data') return absoluteData(value as NonNullable<SslConfig['data']>, folder);
  return value;
}

function isPlace(key: string): boolean {
  return key === 'teacher' || key === 'tokenizer' || key === 'init';
}

/** A file, or the folder of the run whose checkpoint it is. */
function isSamePlace(value: unknown, own: unknown, folder: string): boolean {
  if (typeof value !== 'string' || typeof own !== 'string') return false;
  return [own, dirname(dirname(own))].includes(resolve(folder, value));
}

function methodFlag(key: string): string {
  const taken = configFlags().some((flag) => flag.key === key);
  return `--${taken ? 'method-options.' : ''}${kebabCase(key)}`;
}

function written(value: unknown): string {
  if (value === undefined) return 'none';
  const text = typeof value === 'string' ? value : Array.isArray(value) && value.every((one) => typeof one !== 'object') ? value.join(',') : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
