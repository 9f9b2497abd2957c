import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchOnce, type FetchOnceOptions } from './fetch-once.js';
import { sha256 } from './sha256.js';

const script = fileURLToPath(new URL('./__fixtures__/fetch-slowly.mts', import.meta.url));

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ssl-fetch-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Starts a process that fills `key` in so many milliseconds; its output and its end can be waited for. */
function start(milliseconds: number): { child: ChildProcess; output: () => string; says: (text: string) => Promise<void>; ended: Promise<number | null> } {
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=@ssl/source', script, root, 'key', String(milliseconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const says = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (output.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      look();
    });
  return { child, output: () => output, says, ended };
}

function options(content: string, counter: { fills: number }): FetchOnceOptions {
  return {
    root,
    key: 'key',
    fill: async (folder) => {
      counter.fills++;
      await writeFile(join(folder, 'data'), content);
      return { source: 'test', checksums: new Map([['data', await sha256(join(folder, 'data'))]]) };
    },
  };
}

describe('fetchOnce', () => {
  it('fills once, then only looks', async () => {
    const counter = { fills: 0 };
    const folder = await fetchOnce(options('content', counter));
    expect(await fetchOnce(options('content', counter))).toBe(folder);
    expect(counter.fills).toBe(1);
    expect(await readFile(join(folder, 'data'), 'utf8')).toBe('content');
    expect(await readdir(root)).toEqual(['key']);
  });

  it('keeps nothing of a fill that fails', async () => {
    const failing = { ...options('', { fills: 0 }), fill: () => Promise.reject(new Error('no network')) };
    await expect(fetchOnce(failing)).rejects.toThrow('no network');
    expect(await readdir(root)).toEqual([]);
  });

  it('repairs a folder that lost or changed a file, and says so', async () => {
    const counter = { fills: 0 };
    const folder = await fetchOnce(options('content', counter));
    const messages: string[] = [];
    const again = (): Promise<string> =>
      fetchOnce({ ...options('content', counter), onProgress: (news) => news.kind === 'message' && messages.push(news.text) });
    await writeFile(join(folder, 'data'), 'cut');
    await again();
    expect(messages).toEqual([`${folder} is damaged (data has 3 bytes instead of 7) and is fetched again.`]);
    await rm(join(folder, 'data'));
    await again();
    expect(messages[1]).toContain('data is missing');
    await writeFile(join(folder, 'ssl-fetched.json'), '{');
    await again();
    expect(messages[2]).toContain('ssl-fetched.json is unreadable');
    expect(counter.fills).toBe(4);
    expect(await readFile(join(folder, 'data'), 'utf8')).toBe('content');
  });

  it('fills a folder again that was made from something else, or whose marker is of another kind', async () => {
    const counter = { fills: 0 };
    const folder = await fetchOnce(options('content', counter));
    await fetchOnce({ ...options('content', counter), source: 'test' });
    expect(counter.fills).toBe(1);
    await fetchOnce({ ...options('content', counter), fill: async (target) => ({ ...(await options('other', counter).fill(target, '')), source: 'wheel sha256:2' }), source: 'sha256:2' });
    expect(counter.fills).toBe(2);
    await writeFile(join(folder, 'ssl-fetched.json'), '{"format": 2}');
    await fetchOnce(options('content', counter));
    expect(counter.fills).toBe(3);
  });

  it('hashes only when the time differs or verify asks for it', async () => {
    const counter = { fills: 0 };
    const folder = await fetchOnce(options('content', counter));
    const file = join(folder, 'data');
    const { mtime } = await import('node:fs/promises').then(({ stat }) => stat(file));
    await writeFile(file, 'CONTENT'); // same size, another content, the old time
    await utimes(file, mtime, mtime);
    await fetchOnce(options('content', counter));
    expect(counter.fills).toBe(1);
    await fetchOnce({ ...options('content', counter), verify: true });
    expect(counter.fills).toBe(2);
    const copied = new Date(Date.now() - 86_400_000); // a copied cache: right content, another time
    await utimes(file, copied, copied);
    await fetchOnce(options('content', counter));
    expect(counter.fills).toBe(2);
  });

  it('fills once when several processes want it at the same time', async () => {
    const runs = [start(600), start(600), start(600)];
    expect(await Promise.all(runs.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    expect(await readFile(join(root, 'fills.txt'), 'utf8')).toBe('x');
    for (const { output } of runs) expect(output()).toContain(`done ${join(root, 'key')}`);
    expect(runs.map(({ output }) => output()).join('')).toMatch(/Waiting for process \d+ since .* \(lock file .*\.key\.lock, last sign of life \d+ s ago\), which is fetching key/);
    expect((await readdir(root)).sort()).toEqual(['fills.txt', 'key']);
  });

  it('repairs what a killed process left behind', async () => {
    const killed = start(60_000);
    await killed.says('filling');
    const during = await readdir(root);
    expect(during.some((name) => name.startsWith('.key.tmp-'))).toBe(true);
    expect(during).not.toContain('key');
    killed.child.kill('SIGKILL');
    await killed.ended;
    expect(await start(0).ended).toBe(0);
    expect((await readdir(root)).sort()).toEqual(['fills.txt', 'key']);
    expect(await readFile(join(root, 'key', 'data'), 'utf8')).toBe('the whole');
  });

  it('goes on when the process it waits for is killed', async () => {
    const killed = start(60_000);
    await killed.says('filling');
    const waiting = start(0);
    await waiting.says('Waiting for process');
    killed.child.kill('SIGKILL');
    expect(await waiting.ended).toBe(0);
    expect((await readdir(root)).sort()).toEqual(['fills.txt', 'key']);
  });

  it('stops waiting when it is told to', async () => {
    const other = start(60_000);
    await other.says('filling');
    const controller = new AbortController();
    const waiting = fetchOnce({ ...options('content', { fills: 0 }), signal: controller.signal });
    const ended = expect(waiting).rejects.toThrow(/abort/i);
    setTimeout(() => controller.abort(), 50);
    await ended;
    other.child.kill('SIGKILL');
    await other.ended;
  });
});
