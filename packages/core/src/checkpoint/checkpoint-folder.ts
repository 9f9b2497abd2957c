import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checkCheckpoint } from './load-checkpoint.js';

const pattern = /^step-(\d+)\.safetensors$/;

/** The file of a step: `step-00001200.safetensors`. */
export function checkpointPath(folder: string, step: number): string {
  return join(folder, `step-${String(step).padStart(8, '0')}.safetensors`);
}

/** Steps of the checkpoints in a folder, ascending; empty where there is no folder. */
async function stepsIn(folder: string): Promise<{ step: number; path: string }[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  return names
    .flatMap((name) => {
      const match = pattern.exec(name);
      return match === null ? [] : [{ step: Number(match[1]), path: join(folder, name) }];
    })
    .sort((a, b) => a.step - b.step);
}

/** The checkpoint of the highest step in a folder. */
export async function latestCheckpoint(folder: string): Promise<string | undefined> {
  return (await stepsIn(folder)).at(-1)?.path;
}

const unfinished = /^\.step-\d+\.safetensors\..+\.partial$/;

/**
 * The newest checkpoint before `path` in its folder that can be read as a whole.
 *
 * @returns Its path and step; nothing where there is none.
 */
export async function wholeCheckpointBefore(path: string): Promise<{ readonly path: string; readonly step: number } | undefined> {
  const own = Number(pattern.exec(basename(path))?.[1] ?? Number.NaN);
  const older = (await stepsIn(dirname(path))).filter(({ step }) => step < own);
  for (const file of older.reverse()) {
    const whole = await checkCheckpoint(file.path).then(
      () => true,
      () => false,
    );
    if (whole) return file;
  }
  return undefined;
}

/**
 * Deletes all but the newest `keep` checkpoints, up to `step`: those of an older run with more steps stay. What a run that was killed
 * while it wrote has left goes too; to be called when no checkpoint is being written.
 */
export async function pruneCheckpoints(folder: string, keep: number, step: number): Promise<void> {
  const left = (await readdir(folder)).filter((name) => unfinished.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { force: true })));
  const own = (await stepsIn(folder)).filter((file) => file.step <= step);
  await Promise.all(own.slice(0, Math.max(0, own.length - keep)).map(({ path }) => rm(path, { force: true })));
}
