import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processState, thisProcess, withLock, type LockOptions } from '@ssl/core';
import { inspectFolder, synchronise, writeMarker } from './folder-marker.js';
import type { LibraryProgress } from './library-progress.js';

/** What a filler reports of the folder that it filled. */
export interface Filled {
  /** Where the files came from, for the marker. */
  readonly source: string;
  /** SHA-256 of each file, by path relative to the folder. */
  readonly checksums: ReadonlyMap<string, string>;
}

export interface FetchOnceOptions {
  /** Folder that holds the cached folders. */
  readonly root: string;
  /** Name of this one. */
  readonly key: string;
  /** What the end of the marker's `source` must be; a folder that was made from something else is filled again. */
  readonly source?: string | undefined;
  /** Puts the files into an empty folder. `scratch` is a second empty folder on the same disk; both go when it throws. */
  readonly fill: (folder: string, scratch: string) => Promise<Filled>;
  /** Hash every file again, instead of comparing sizes and times. */
  readonly verify?: boolean;
  readonly onProgress?: ((progress: LibraryProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly lock?: Pick<LockOptions, 'pollInterval' | 'staleAfter'>;
}

/**
 * A folder that is filled once and then only looked at. It appears in one step (rename), so it is complete or absent
 * whenever the process dies; several processes at once fill it once; what dead processes left behind is removed.
 */
export async function fetchOnce(options: FetchOnceOptions): Promise<string> {
  const { root, key, fill, verify = false, onProgress, signal } = options;
  const folder = join(root, key);
  const look = (): ReturnType<typeof inspectFolder> =>
    inspectFolder(folder, verify, { source: options.source, onBytes: (done, total) => onProgress?.({ kind: 'bytes', phase: 'verify', done, total }) });
  if ((await look()).state === 'complete') return folder;
  await mkdir(root, { recursive: true });
  return withLock(
    join(root, `.${key}.lock`),
    async () => {
      const found = await look();
      if (found.state === 'complete') return folder; // another process was here in the meantime
      if (found.state === 'damaged') {
        onProgress?.({ kind: 'message', text: `${folder} is damaged (${found.reason}) and is fetched again.` });
      }
      await removeAbandoned(root, key);
      const work = join(root, temporaryName(key));
      const fresh = join(work, 'folder');
      const scratch = join(work, 'scratch');
      try {
        await mkdir(fresh, { recursive: true });
        await mkdir(scratch);
        const { source, checksums } = await fill(fresh, scratch);
        signal?.throwIfAborted();
        await writeMarker(fresh, source, checksums);
        await rename(folder, join(work, 'damaged')).catch(ignoreAbsence);
        await rename(fresh, folder);
        await synchronise(root);
      } finally {
        await rm(work, { recursive: true, force: true });
      }
      return folder;
    },
    {
      ...options.lock,
      signal,
      onWait: (holder) =>
        onProgress?.({ kind: 'message', text: `Waiting for ${holder}, which is fetching ${key} into ${root} …` }),
    },
  );
}

/** Names the owner, so that the next run can tell whether it is still at work. */
function temporaryName(key: string): string {
  const { pid, started = '', host } = thisProcess();
  return `.${key}.tmp-${pid}.${started}-${host}-${randomUUID()}`;
}

/** Removes the working folders of processes that died. */
async function removeAbandoned(root: string, key: string): Promise<void> {
  const prefix = `.${key}.tmp-`;
  for (const name of await readdir(root)) {
    if (!name.startsWith(prefix)) continue;
    const [, pid, started = '', host = ''] = /^(\d+)(?:\.(\d*))?-(.*)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.exec(name.slice(prefix.length)) ?? [];
    if (pid !== undefined && processState({ pid: Number(pid), host, ...(started === '' ? {} : { started }) }) !== 'gone') continue;
    await rm(join(root, name), { recursive: true, force: true });
  }
}

function ignoreAbsence(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
