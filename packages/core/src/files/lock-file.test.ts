import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from './lock-file.js';

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
