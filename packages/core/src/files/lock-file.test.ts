import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryLock, withLock } from './lock-file.js';
import { processState, thisProcess } from './process-identity.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ssl-lock-'));
  path = join(folder, 'lock');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const deadPid = 2 ** 22 + 1; // above Linux's highest process id

describe('withLock', () => {
  it('lets one in at a time and leaves nothing behind', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await sleep(5);
      inside--;
    };
    await Promise.all(Array.from({ length: 20 }, () => withLock(path, work, { pollInterval: 1 })));
    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it('names its process while it works and goes away after an error', async () => {
    const work = async (): Promise<never> => {
      expect(JSON.parse(await readFile(path, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
      throw new Error('no');
    };
    await expect(withLock(path, work)).rejects.toThrow('no');
    expect(await readdir(folder)).toEqual([]);
  });

  it('takes over the lock of a process that is gone', async () => {
    await writeFile(path, JSON.stringify({ pid: deadPid, host: hostname(), token: 'old' }));
    expect(await withLock(path, () => Promise.resolve('in'))).toBe('in');
  });

  it('lets one in at a time when many take over at once', async () => {
    await writeFile(path, JSON.stringify({ pid: deadPid, host: hostname(), token: 'old' }));
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await sleep(3);
      inside--;
    };
    await Promise.all(Array.from({ length: 30 }, () => withLock(path, work, { pollInterval: 1 })));
    expect(most).toBe(1);
  });

  it('takes over a lock without a sign of life, also from another machine', async () => {
    await writeFile(path, JSON.stringify({ pid: 1, host: 'elsewhere', token: 'old' }));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    await expect(withLock(path, () => Promise.resolve(), { pollInterval: 5, signal: controller.signal })).rejects.toThrow(/abort/i);
    const past = new Date(Date.now() - 120_000);
    await utimes(path, past, past);
    expect(await withLock(path, () => Promise.resolve('in'), { pollInterval: 5 })).toBe('in');
  });
});

/** A lock file as some process left it, untouched for so many seconds. */
async function left(content: object | string, silent = 0): Promise<void> {
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  const then = new Date(Date.now() - silent * 1000);
  await utimes(path, then, then);
}
const refusal = (): string | undefined => {
  const lock = tryLock(path);
  if ('refused' in lock) return lock.refused;
  lock.release();
  return undefined;
};
const linux = process.platform === 'linux';

describe('tryLock', () => {
  it('refuses while a process holds it, this one too, and names process, time and file', async () => {
    const lock = tryLock(path);
    expect(refusal()).toMatch(new RegExp(`^process ${process.pid} since \\d{4}-.* UTC \\(lock file ${path}, last sign of life \\d+ s ago\\)\\. Wait for it, or end it first\\.$`));
    if ('release' in lock) lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it.runIf(linux).each([
    ['a process whose number another one has now', () => ({ ...thisProcess(), started: '1', token: 'a' })],
    ['a process that is gone', () => ({ ...thisProcess(), pid: deadPid, token: 'a' })],
    ['an earlier version, whose number a younger process has now', () => String(process.pid), 1e6],
    ['an earlier version, whose process is gone', () => String(deadPid)],
    ['an earlier version, in JSON, whose number a younger process has now', () => ({ pid: process.pid, host: hostname(), token: 'a' }), 1e6],
    ['a boot before this one', () => ({ ...thisProcess(), boot: 'another', token: 'a' }), 90],
    ['another container of this host that is silent', () => ({ ...thisProcess(), pidNamespace: 'pid:[1]', token: 'a' }), 90],
    ['a crash: empty', () => '', 10],
    ['a crash: torn', () => '{"pid": 12, "ho', 10],
    ['a crash: no number of a process', () => '0', 10],
  ])('takes over the lock of %s', async (_, content, silent = 0) => {
    await left(content(), silent);
    expect(refusal()).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['another host, however old', () => ({ ...thisProcess(), host: 'elsewhere', token: 'a' }), 1e6, /^process \d+ on elsewhere \(lock file .*lock, last sign of life 12 days ago\)\. .*Look on elsewhere whether it runs; where it does not, delete that file/],
    ['another container that lives', () => ({ ...thisProcess(), pidNamespace: 'pid:[1]', token: 'a' }), 3, /of another container or boot .*try again in a minute, or delete that file/],
    ['an earlier version whose process lives', () => String(process.ppid), 0, /^process \d+ \(lock file .*Wait for it/],
    ['nobody knows whom, just now', () => '', 0, /an unknown process \(lock file .*which says nothing\)\. Try again in some seconds/],
  ])('leaves the lock of %s', async (_, content, silent, said) => {
    await left(content(), silent);
    expect(refusal()).toMatch(linux || !String(said).includes('container') ? said : /./);
  });

  it('says which file cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    expect(() => tryLock(join(folder, 'file', 'lock'))).toThrow(/lock file .*file.lock was to be written/);
  });
});

describe('processState', () => {
  it('knows this process, and knows nothing of other hosts', () => {
    expect(processState(thisProcess())).toBe('running');
    expect(processState({ pid: deadPid, host: hostname() })).toBe('gone');
    expect(processState({ ...thisProcess(), host: 'elsewhere' })).toBe('unknown');
  });
});
