import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { RunSummary } from '../evaluation/run-summary.js';
import { newestCheckpoint } from './find-run.js';
import type { RunAttempt, RunDescription, RunRecord } from './run-description.js';
import { runFolder, type RunFolder } from './run-folder.js';

/** What lies in the quickstart's folder. */
export type QuickstartState =
  | { readonly kind: 'finished'; readonly summary: RunSummary }
  | { readonly kind: 'interrupted'; readonly checkpoint: string; readonly attempts: readonly RunAttempt[] }
  | { readonly kind: 'other' }
  | { readonly kind: 'empty' };

/** Looks whether this very run was trained already, or begun. */
export function quickstartState(folder: RunFolder, matches: (description: RunDescription) => boolean): QuickstartState {
  const record = readJson(folder.config) as RunRecord | undefined;
  if (record === undefined) return existsSync(folder.path) ? { kind: 'other' } : { kind: 'empty' };
  const { attempts = [], ...description } = record;
  if (!matches(description)) return { kind: 'other' };
  const summary = readJson(folder.summary) as RunSummary | undefined;
  if (summary?.knn?.trained !== undefined && existsSync(folder.report)) return { kind: 'finished', summary };
  const checkpoint = newestCheckpoint(folder.checkpoints);
  return checkpoint === undefined ? { kind: 'other' } : { kind: 'interrupted', checkpoint, attempts };
}

/** Moves a run out of the way, so that nothing is lost; gives the new place. */
export function setAside({ path }: RunFolder): string {
  const time = statSync(path).mtime.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  let place = `${path}-${time}`;
  for (let i = 2; existsSync(place); i++) place = `${path}-${time}-${String(i)}`;
  renameSync(path, place);
  return place;
}

/** Makes the folder of a fresh quickstart. */
export function freshFolder(path: string): RunFolder {
  const folder = runFolder(path);
  mkdirSync(folder.checkpoints, { recursive: true });
  return folder;
}

/** True where two descriptions train the same weights. */
export function sameRun(a: RunDescription, b: RunDescription): boolean {
  return isDeepStrictEqual(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // missing or damaged: as good as not there
  }
}
