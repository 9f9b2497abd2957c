import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../usage-error.js';
import type { RunDescription } from './run-description.js';
import { runFolder, show, type RunFolder } from './run-folder.js';

/** A run on the disk. */
export interface FoundRun {
  readonly folder: RunFolder;
  readonly description: RunDescription;
  /** The checkpoint file that was named, or the newest; nothing where none was saved yet. */
  readonly checkpoint?: string;
}

/**
 * Finds a run: from its folder, from one of its checkpoint files, or (true) the one of `output` that was written last.
 *
 * @throws UsageError that says what is there instead.
 */
export function findRun(named: string | true, folder: string, output: string): FoundRun {
  const path = named === true ? newestRun(output) : resolve(folder, named);
  if (!existsSync(path)) throw new UsageError(`A run folder or a checkpoint was needed, ${show(path)} is not there.${knownRuns(output)}`);
  const isFile = statSync(path).isFile();
  const home = isFile ? dirname(dirname(path)) : path;
  const found = runFolder(home);
  const checkpoint = isFile ? path : newestCheckpoint(found.checkpoints);
  return { folder: found, description: readDescription(found.config, path), ...(checkpoint === undefined ? {} : { checkpoint }) };
}

/** The newest checkpoint file of a folder. */
export function newestCheckpoint(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const newest = readdirSync(folder)
    .filter((name) => /^step-\d+\.safetensors$/.test(name))
    .sort()
    .at(-1);
  return newest === undefined ? undefined : join(folder, newest);
}

function readDescription(config: string, named: string): RunDescription {
  if (!existsSync(config)) {
    throw new UsageError(`A run needs its config.json, ${show(named)} is not in a run folder that has one. Name a folder such as runs/<name>, or a file in its checkpoints folder.`);
  }
  let description: Partial<RunDescription>;
  try {
    description = JSON.parse(readFileSync(config, 'utf8')) as Partial<RunDescription>;
  } catch (cause) {
    throw new UsageError(`${show(config)} is damaged: ${(cause as Error).message}.`, { cause });
  }
  if (description.format !== 'ssl-run/1') throw new UsageError(`${show(config)} must have format 'ssl-run/1', got ${JSON.stringify(description.format)}. It is of another version of @ssl/cli.`);
  return description as RunDescription;
}

function newestRun(output: string): string {
  const runs = runsOf(output);
  if (runs.length === 0) throw new UsageError(`There is no run in ${show(output)} to go on with. Start one with ssl train --data <folder>.`);
  const age = (name: string): number => statSync(join(output, name, 'config.json')).mtimeMs;
  return join(output, runs.sort((a, b) => age(b) - age(a))[0] ?? '');
}

function runsOf(output: string): string[] {
  return existsSync(output) ? readdirSync(output).filter((name) => existsSync(join(output, name, 'config.json'))) : [];
}

function knownRuns(output: string): string {
  const runs = runsOf(output);
  return runs.length === 0 ? '' : ` In ${show(output)} there are ${runs.slice(0, 8).map((name) => basename(name)).join(', ')}.`;
}
