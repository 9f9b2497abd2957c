import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../usage-error.js';
import type { RunAttempt, RunDescription, RunRecord } from './run-description.js';
import { runFolder, show, type RunFolder } from './run-folder.js';

/** A run on the disk. */
export interface FoundRun {
  readonly folder: RunFolder;
  readonly description: RunDescription;
  /** When and from where it was trained; empty for a run of an earlier version. */
  readonly attempts: readonly RunAttempt[];
  /** The folder is that of an `ssl search`, whose networks are no runs of their own. */
  readonly isSearch: boolean;
  /** The checkpoint file that was named, or the newest; nothing where none was saved yet. */
  readonly checkpoint?: string;
}

/** What is looked for where no run is named. */
export type NewestOf = 'runs' | 'trained runs' | 'searches';

/**
 * Finds a run: from its folder, from one of its checkpoint files, or (true) the one of `output` whose training was started or
 * resumed last. A folder of `ssl search` is no run.
 *
 * @throws UsageError that says what is there instead.
 */
export function findRun(named: string | true, folder: string, output: string, newest: NewestOf = 'runs'): FoundRun {
  const path = named === true ? newestRun(output, newest) : resolve(folder, named);
  if (!existsSync(path)) throw new UsageError(`A run folder or a checkpoint was needed, ${show(path)} is not there.${knownRuns(output)}`);
  const isFile = statSync(path).isFile();
  const home = isFile ? dirname(dirname(path)) : path;
  const found = runFolder(home);
  const checkpoint = isFile ? path : newestCheckpoint(found.checkpoints);
  const { attempts = [], search, ...description } = readDescription(found.config, path);
  return { folder: found, description, attempts, isSearch: search === true || existsSync(join(home, 'search.json')), ...(checkpoint === undefined ? {} : { checkpoint }) };
}

/** The newest checkpoint file of a folder: that of the highest step, whenever it was copied there. */
export function newestCheckpoint(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const newest = readdirSync(folder)
    .filter((name) => stepOfFile(name) !== undefined)
    .sort((a, b) => (stepOfFile(a) ?? 0) - (stepOfFile(b) ?? 0))
    .at(-1);
  return newest === undefined ? undefined : join(folder, newest);
}

/** The step of a checkpoint file, by its name. */
export function stepOfFile(path: string): number | undefined {
  const step = /^step-(\d+)\.safetensors$/.exec(basename(path))?.[1];
  return step === undefined ? undefined : Number(step);
}

function readDescription(config: string, named: string): RunRecord {
  if (!existsSync(config)) {
    throw new UsageError(`A run needs its config.json, ${show(named)} is not in a run folder that has one. Name a folder such as runs/<name>, or a file in its checkpoints folder.`);
  }
  let description: Partial<RunRecord> | null;
  try {
    description = JSON.parse(readFileSync(config, 'utf8')) as Partial<RunRecord> | null;
  } catch (cause) {
    throw new UsageError(`${show(config)} is damaged: ${(cause as Error).message}.`, { cause });
  }
  if (description?.format !== 'ssl-run/1') throw new UsageError(`${show(config)} must have format 'ssl-run/1', got ${JSON.stringify(description?.format)}. It is of another version of @ssl/cli.`);
  return description as RunRecord;
}

function newestRun(output: string, wanted: NewestOf): string {
  const kind = wanted === 'searches' ? 'search' : 'train';
  const runs = runsOf(output)
    .map((name) => ({ path: join(output, name), ...startOf(join(output, name)) }))
    .filter(({ isSearch }) => isSearch === (wanted === 'searches'))
    .sort((a, b) => b.started - a.started || b.written - a.written || (a.path < b.path ? 1 : -1));
  // With none that is trained, the error says what the newest lacks.
  const newest = (wanted === 'trained runs' ? runs.find(({ path }) => newestCheckpoint(runFolder(path).checkpoints) !== undefined) : undefined) ?? runs[0];
  if (newest === undefined) throw new UsageError(`There is no ${kind === 'search' ? 'search' : 'run'} in ${show(output)} to go on with. Start one with ssl ${kind} --data <folder>.`);
  return newest.path;
}

/** When a run was last started or resumed, as it says itself: times of files change when they are copied. */
function startOf(path: string): { readonly started: number; readonly written: number; readonly isSearch: boolean } {
  const { config } = runFolder(path);
  const written = statSync(config).mtimeMs;
  let record: Partial<RunRecord> | null = {};
  try {
    record = JSON.parse(readFileSync(config, 'utf8')) as Partial<RunRecord> | null;
  } catch {
    // Its reader says what is damaged.
  }
  const started = Date.parse(record?.attempts?.at(-1)?.startedAt ?? '');
  return { started: Number.isNaN(started) ? written : started, written, isSearch: record?.search === true || existsSync(join(path, 'search.json')) };
}

function runsOf(output: string): string[] {
  if (!existsSync(output) || !statSync(output).isDirectory()) return [];
  return readdirSync(output).filter((name) => existsSync(join(output, name, 'config.json')));
}

function knownRuns(output: string): string {
  const runs = runsOf(output);
  return runs.length === 0 ? '' : ` In ${show(output)} there are ${runs.slice(0, 8).join(', ')}.`;
}
