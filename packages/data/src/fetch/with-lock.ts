import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/**
 * Runs `work` while no other process runs work under the same lock file. A lock whose process is gone, on this machine, is
 * taken over.
 *
 * @param path The lock file; its folder is made.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  for (;;) {
    const taken = await writeFile(path, String(process.pid), { flag: 'wx' }).then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        return false;
      },
    );
    if (taken) break;
    if (await isStale(path)) await rm(path, { force: true });
    else await wait(100);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  const holder = Number(await readFile(path, 'utf8').catch(() => 'gone'));
  if (Number.isNaN(holder)) return false;
  if (holder === 0) return Date.now() - (await stat(path).then(({ mtimeMs }) => mtimeMs, Date.now)) > 5000; // killed before it wrote
  if (holder === process.pid) return false;
  try {
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
