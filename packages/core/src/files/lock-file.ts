import { randomUUID } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimes, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SslError } from '../errors.js';
import { processState, thisProcess, type ProcessIdentity } from './process-identity.js';

/** Who holds a lock; the content of the lock file. */
interface Holder extends ProcessIdentity {
  readonly token: string;
  /** When it was taken, ISO 8601. */
  readonly since?: string;
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once when another process holds the lock, with who that is and the lock file. */
  readonly onWait?: ((holder: string) => void) | undefined;
  /** How often the lock is looked at. Milliseconds. */
  readonly pollInterval?: number;
  /** A lock that shows no life for so long is taken over, whoever holds it. Milliseconds. */
  readonly staleAfter?: number;
}

export const lockDefaults = { pollInterval: 200, staleAfter: 60_000 } as const;

/** A lock file is written whole, so one that cannot be read is the rest of a crash, or of a disk that was full. Milliseconds. */
const tornAfter = 5000;

/**
 * Runs `work` while holding a lock file, so that of several processes only one does it at a time.
 *
 * The file appears with its content in one step (a hard link), is touched while `work` runs, and is taken over when
 * its process is gone from this host or has shown no life for a minute.
 *
 * @throws SslError where the lock file cannot be written.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, options: LockOptions = {}): Promise<T> {
  const { signal, onWait, pollInterval, staleAfter } = { ...lockDefaults, ...options };
  const isStale = (lock: Found): boolean => stateOf(lock) === 'gone' || lock.silent > (lock.holder === undefined ? tornAfter : staleAfter);
  for (let waited = false; ; waited = true) {
    const attempt = take(path, isStale);
    if ('release' in attempt) {
      try {
        return await work();
      } finally {
        attempt.release();
      }
    }
    signal?.throwIfAborted();
    if (!waited) onWait?.(describe(attempt));
    await sleep(pollInterval, undefined, signal === undefined ? {} : { signal });
  }
}

/** A lock that this process holds until it lets it go. */
export interface HeldLock {
  release(): void;
}

/** A lock that another process holds. */
export interface RefusedLock {
  /** Who holds it since when, the lock file, and what to do where that process is no more. */
  readonly refused: string;
}

/**
 * Takes a lock without waiting. That of a process which is gone is taken over: none with its number and start time runs on
 * this host, or it is of another boot or container here and has shown no life for a minute. A process of another host cannot
 * be looked at, so its lock stays.
 *
 * @throws SslError where the lock file cannot be written.
 */
export function tryLock(path: string): HeldLock | RefusedLock {
  const attempt = take(path, (lock) => {
    if (lock.holder === undefined) return lock.silent > tornAfter;
    const state = stateOf(lock);
    return state === 'gone' || (state === 'unknown' && lock.holder.host === hostname() && lock.silent > lockDefaults.staleAfter);
  });
  return 'release' in attempt ? attempt : { refused: `${describe(attempt)}. ${remedy(attempt)}` };
}

/** A lock file as it was found. */
interface Found {
  readonly path: string;
  /** Nothing where the file says nothing. */
  readonly holder: Holder | undefined;
  readonly text: string;
  /** Milliseconds since it was last touched. */
  readonly silent: number;
}

function take(path: string, isStale: (lock: Found) => boolean): HeldLock | Found {
  const holder: Holder = { ...thisProcess(), token: randomUUID(), since: new Date().toISOString() };
  const text = JSON.stringify(holder);
  for (;;) {
    if (write(path, text, holder.token)) return held(path, text);
    const found = look(path);
    if (found === undefined) continue; // gone in the meantime
    if (!isStale(found)) return found;
    removeStale(found);
  }
}

function held(path: string, text: string): HeldLock {
  const heartbeat = setInterval(() => {
    const now = new Date();
    utimes(path, now, now, () => undefined); // taken over or removed: nothing to show any more
  }, 5000);
  heartbeat.unref();
  return {
    release: () => {
      clearInterval(heartbeat);
      if (look(path)?.text === text) rmSync(path, { force: true });
    },
  };
}

/** Makes the file with its content; false where there is one. */
function write(path: string, text: string, token: string): boolean {
  const draft = `${path}.${token}`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(draft, text);
    return linked(draft, path, text);
  } catch (cause) {
    throw new SslError(`the lock file ${path} was to be written, got: ${(cause as Error).message}. Free space, get the right to write there, or name another folder (SSL_CACHE for the cache, --output for runs).`, { from: '@ssl/core', cause });
  } finally {
    try {
      rmSync(draft, { force: true });
    } catch {
      // A folder that takes no files has no draft either.
    }
  }
}

/** Gives a whole file its name; false where the name is taken. */
function linked(draft: string, path: string, text: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error;
  }
  try {
    writeFileSync(path, text, { flag: 'wx' }); // a disk without hard links
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function look(path: string): Found | undefined {
  try {
    const text = readFileSync(path, 'utf8');
    return { path, text, holder: parse(text), silent: Date.now() - statSync(path).mtimeMs };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SslError(`the lock file ${path} could not be read: ${(error as Error).message}. Look who uses it, and delete it where nobody does.`, { from: '@ssl/core', cause: error });
  }
}

/** What a lock file says; earlier versions wrote the number alone. */
function parse(text: string): Holder | undefined {
  if (/^\s*\d+\s*$/.test(text)) return isNumber(Number(text)) ? { pid: Number(text), host: hostname(), token: text } : undefined;
  try {
    const holder = JSON.parse(text) as Holder | null;
    return typeof holder?.host === 'string' && isNumber(holder.pid) ? holder : undefined;
  } catch {
    return undefined;
  }
}

function isNumber(pid: unknown): boolean {
  return Number.isSafeInteger(pid) && (pid as number) > 0 && (pid as number) < 2 ** 31;
}

function stateOf({ holder, silent }: Found): ReturnType<typeof processState> {
  return holder === undefined ? 'unknown' : processState(holder, Date.now() - silent);
}

/** Moves a stale lock away; where a new one took its place in the meantime, puts that back. */
function removeStale({ path, text }: Found): void {
  const aside = `${path}.${randomUUID()}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // another waiter was quicker
    throw new SslError(`the lock file ${path} is left over and could not be removed: ${(error as Error).message}. Delete it.`, { from: '@ssl/core', cause: error });
  }
  if (look(aside)?.text !== text) {
    try {
      linkSync(aside, path);
    } catch {
      // A third process has it by now.
    }
  }
  rmSync(aside, { force: true });
}

function describe({ path, holder, silent }: Found): string {
  if (holder === undefined) return `an unknown process (lock file ${path}, which says nothing)`;
  const where = holder.host === hostname() ? '' : ` on ${holder.host}`;
  const since = holder.since === undefined ? '' : ` since ${holder.since.slice(0, 16).replace('T', ' ')} UTC`;
  return `process ${String(holder.pid)}${where}${since} (lock file ${path}, last sign of life ${age(silent)} ago)`;
}

function remedy(lock: Found): string {
  if (lock.holder === undefined) return 'Try again in some seconds, or delete that file where nothing else uses it.';
  if (stateOf(lock) === 'running') return 'Wait for it, or end it first.';
  return lock.holder.host === hostname()
    ? 'It is of another container or boot of this machine and cannot be looked at from here. Where it is no more, try again in a minute, or delete that file.'
    : `It cannot be looked at from here. Look on ${lock.holder.host} whether it runs; where it does not, delete that file and try again.`;
}

function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${String(seconds)} s`;
  if (seconds < 7200) return `${String(Math.round(seconds / 60))} min`;
  return seconds < 172_800 ? `${String(Math.round(seconds / 3600))} h` : `${String(Math.round(seconds / 86_400))} days`;
}
