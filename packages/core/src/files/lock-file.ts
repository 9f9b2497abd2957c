import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Who holds a lock; the content of the lock file. */
interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock. */
  readonly onWait?: (pid: number) => void;
  /** How often the lock is looked at, and how often its holder shows that it lives. Milliseconds. */
  readonly pollInterval?: number;
  /** A lock that shows no life for so long is taken over, whoever holds it. Milliseconds. */
  readonly staleAfter?: number;
}

export const lockDefaults = { pollInterval: 200, staleAfter: 60_000 } as const;

/**
 * Runs `work` while holding a lock file, so that of several processes only one does it at a time.
 *
 * The file appears with its content in one step (a hard link), is touched while `work` runs, and is taken over when
 * its process is gone from this host or has shown no life for a minute.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { signal, onWait, pollInterval, staleAfter } = { ...lockDefaults, ...options };
  await mkdir(dirname(path), { recursive: true });
  const holder: Holder = { pid: process.pid, host: hostname(), token: randomUUID() };
  for (let waited = false; !(await acquire(path, holder)); waited = true) {
    signal?.throwIfAborted();
    const other = await currentHolder(path);
    if (other !== undefined && (await isStale(path, other, staleAfter))) {
      await removeStale(path, other);
      continue;
    }
    if (!waited && other !== undefined) onWait?.(other.pid);
    await sleep(pollInterval, undefined, signal === undefined ? {} : { signal });
  }
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined); // taken over or removed: nothing to show any more
  }, Math.min(5000, staleAfter / 4));
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await currentHolder(path))?.token === holder.token) await rm(path, { force: true });
  }
}

/** True where a process of this host is alive. Processes of other hosts count as alive. */
export function isProcessAlive(pid: number, host: string): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function acquire(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.${holder.token}`;
  await writeFile(draft, JSON.stringify(holder));
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

async function currentHolder(path: string): Promise<Holder | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return { pid: 0, host: '', token: text }; // somebody else's file: only its age counts
  }
}

async function isStale(path: string, holder: Holder, staleAfter: number): Promise<boolean> {
  if (holder.host === hostname() && !isProcessAlive(holder.pid, holder.host)) return true;
  try {
    return Date.now() - (await stat(path)).mtimeMs > staleAfter;
  } catch {
    return false;
  }
}

/** Moves a stale lock away; where a new one took its place in the meantime, puts that back. */
async function removeStale(path: string, stale: Holder): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch {
    return; // another waiter was quicker
  }
  if ((await currentHolder(aside))?.token !== stale.token) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}
