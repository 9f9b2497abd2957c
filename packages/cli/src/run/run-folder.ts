import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { SslError } from '@ssl/core';

/** The files of one run. */
export interface RunFolder {
  readonly path: string;
  /** Resolved configuration. */
  readonly config: string;
  readonly checkpoints: string;
  /** One JSON object a line, one line a logged step. */
  readonly metrics: string;
  readonly tensorboard: string;
  readonly report: string;
  readonly reportData: string;
  readonly summary: string;
}

/** Names of a run's files. */
export function runFolder(path: string): RunFolder {
  return {
    path,
    config: join(path, 'config.json'),
    checkpoints: join(path, 'checkpoints'),
    metrics: join(path, 'metrics.jsonl'),
    tensorboard: join(path, 'tensorboard'),
    report: join(path, 'report.html'),
    reportData: join(path, 'report.json'),
    summary: join(path, 'summary.json'),
  };
}

/**
 * Makes the folder of a new run. A folder that holds anything is never written into.
 *
 * @throws SslError where it exists and is not empty, or cannot be made.
 */
export function createRunFolder(path: string): RunFolder {
  const folder = runFolder(path);
  if (existsSync(path) && readdirSync(path).length > 0) {
    throw new SslError(
      `A new folder was needed for the run, ${show(path)} exists already. Go on with that run (--resume ${show(path)}), or give this one another --name.`,
      { from: '@ssl/cli' },
    );
  }
  try {
    mkdirSync(folder.checkpoints, { recursive: true });
  } catch (cause) {
    throw new SslError(`The folder ${path} could not be made: ${(cause as Error).message}. Give a folder that can be written with --output.`, { from: '@ssl/cli', cause });
  }
  return folder;
}

/** Removes the folder of a run that never began: no step was logged and nothing was saved. */
export function removeUnused({ path, metrics, checkpoints }: RunFolder): void {
  const began = (existsSync(metrics) && statSync(metrics).size > 0) || (existsSync(checkpoints) && readdirSync(checkpoints).length > 0);
  if (!began) rmSync(path, { recursive: true, force: true });
}

/** What a run that was killed before its first checkpoint may have left. */
const beginnings = new Set(['checkpoints', 'config.json', 'config.json.part', 'metrics.jsonl', 'tensorboard', 'running.pid']);

/**
 * Removes the folder of a run that was killed before its first checkpoint, so that its name can be used again.
 *
 * @returns True where there was one.
 * @throws SslError where it is being trained.
 */
export function removeWithoutCheckpoint(path: string): boolean {
  const folder = runFolder(path);
  if (!existsSync(folder.checkpoints) || readdirSync(path).some((name) => !beginnings.has(name))) return false;
  if (readdirSync(folder.checkpoints).some((name) => !name.endsWith('.partial'))) return false;
  claimRun(folder)();
  rmSync(path, { recursive: true, force: true });
  return true;
}

/** Keeps a second process out of the run; returns what lets it go. */
export function claimRun({ path }: RunFolder): () => void {
  const file = join(path, 'running.pid');
  if (existsSync(file)) {
    const other = Number(readFileSync(file, 'utf8'));
    if (other !== process.pid && isAlive(other)) {
      throw new SslError(`The run ${show(path)} is being trained by process ${String(other)}. Wait for it, or end it first.`, { from: '@ssl/cli' });
    }
  }
  writeFileSync(file, String(process.pid));
  return () => {
    rmSync(file, { force: true });
  };
}

/** Writes JSON so that a reader sees the old file or the new one, never a part. */
export function writeJson(path: string, value: unknown): void {
  const part = `${path}.part`;
  writeFileSync(part, `${JSON.stringify(value, undefined, 2)}\n`);
  renameSync(part, path);
}

/** A path as a person here would type it. */
export function show(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') ? path : short;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
