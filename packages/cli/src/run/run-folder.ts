import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { SslError, tryLock } from '@ssl/core';
import { visible } from '../progress/visible.js';

/** The files of one run. */
export interface RunFolder {
  readonly path: string;
  /** Resolved configuration. */
  readonly config: string;
  /** Names and checksums of the images that it is trained on. */
  readonly images: string;
  readonly checkpoints: string;
  /** One JSON object a line, one line a logged step. */
  readonly metrics: string;
  readonly tensorboard: string;
  readonly report: string;
  readonly reportData: string;
  readonly summary: string;
  /** What the newest `ssl eval` found. */
  readonly evaluation: string;
}

/** Names of a run's files. */
export function runFolder(path: string): RunFolder {
  return {
    path,
    config: join(path, 'config.json'),
    images: join(path, 'images.json.gz'),
    checkpoints: join(path, 'checkpoints'),
    metrics: join(path, 'metrics.jsonl'),
    tensorboard: join(path, 'tensorboard'),
    report: join(path, 'report.html'),
    reportData: join(path, 'report.json'),
    summary: join(path, 'summary.json'),
    evaluation: join(path, 'evaluation.json'),
  };
}

/**
 * Makes the folder of a new run. A folder that holds anything is never written into.
 *
 * @throws SslError where it exists and is not empty, or cannot be made.
 */
export function createRunFolder(path: string): RunFolder {
  const folder = makeFolder(path);
  if (folder !== undefined) return folder;
  throw new SslError(`A new folder was needed for the run, ${show(path)} exists already. Go on with that run (--resume ${show(path)}), or give this one another --name.`, { from: '@ssl/cli' });
}

/**
 * Makes the folder of a new run whose name nobody chose: a number follows where that of another run is the same, of two started in one second.
 *
 * @throws SslError where it cannot be made.
 */
export function createNamedFolder(runs: string, name: string): RunFolder {
  for (let number = 1; ; number++) {
    const folder = makeFolder(join(runs, number === 1 ? name : `${name}-${String(number)}`));
    if (folder !== undefined) return folder;
  }
}

/** Nothing where the folder holds anything, or another process makes it now. */
function makeFolder(path: string): RunFolder | undefined {
  const folder = runFolder(path);
  if (existsSync(path) && readdirSync(path).length > 0) return undefined;
  try {
    mkdirSync(path, { recursive: true });
    mkdirSync(folder.checkpoints);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(folder.checkpoints)) return undefined;
    throw new SslError(`The folder ${path} could not be made: ${(cause as Error).message}. Give a folder that can be written with --output.`, { from: '@ssl/cli', cause });
  }
  return folder;
}

/** Removes the folder of a run that never began: no step was logged, nothing was saved, and no other process is about to. */
export function removeUnused({ path, metrics, checkpoints }: RunFolder): void {
  const began = (existsSync(metrics) && statSync(metrics).size > 0) || (existsSync(checkpoints) && readdirSync(checkpoints).length > 0);
  if (!began && !existsSync(join(path, lockName))) rmSync(path, { recursive: true, force: true });
}

/** What a run that was killed before its first checkpoint may have left. */
const beginnings = new Set(['checkpoints', 'config.json', 'config.json.part', 'images.json.gz', 'metrics.jsonl', 'tensorboard', 'running.pid']);

/**
 * Removes the folder of a run that was killed before its first checkpoint, so that its name can be used again.
 *
 * @returns True where there was one.
 * @throws SslError where it is being trained.
 */
export function removeWithoutCheckpoint(path: string): boolean {
  const folder = runFolder(path);
  if (!existsSync(folder.checkpoints) || readdirSync(path).some((name) => !beginnings.has(name) && !name.endsWith('.partial'))) return false;
  if (readdirSync(folder.checkpoints).some((name) => !name.endsWith('.partial'))) return false;
  claimRun(folder)();
  rmSync(path, { recursive: true, force: true });
  return true;
}

/**
 * Keeps a second process out of the run; returns what lets it go.
 *
 * @throws SslError that names the other process, its host and the lock file.
 */
export function claimRun({ path }: RunFolder): () => void {
  const lock = tryLock(join(path, lockName));
  if ('refused' in lock) throw new SslError(`The run ${show(path)} is being trained by ${lock.refused}`, { from: '@ssl/cli' });
  return () => {
    lock.release();
  };
}

const lockName = 'running.pid';

/** Writes JSON so that a reader sees the old file or the new one, never a part. */
export function writeJson(path: string, value: unknown): void {
  const part = `${path}.part`;
  writeFileSync(part, `${JSON.stringify(value, undefined, 2)}\n`);
  renameSync(part, path);
}

/** A path as a person here would type it, on one line whatever it holds. */
export function show(path: string): string {
  const short = relative(process.cwd(), path);
  return visible(short === '' || short.startsWith('..') ? path : short);
}
