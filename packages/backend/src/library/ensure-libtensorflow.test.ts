import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureLibtensorflow, howToSupply, type EnsureLibtensorflowOptions } from './ensure-libtensorflow.js';
import type { LibraryProgress } from './library-progress.js';
import { pipDownload, pipFailure } from './pip-download.js';
import { libraryFiles, wheelFor, type Wheel } from './wheel.js';

let folder: string;
let environment: string | undefined;
beforeEach(async () => {
  environment = process.env.SSL_LIBTENSORFLOW;
  delete process.env.SSL_LIBTENSORFLOW;
  folder = await mkdtemp(join(tmpdir(), 'ssl-library-'));
});
afterEach(async () => {
  if (environment === undefined) delete process.env.SSL_LIBTENSORFLOW;
  else process.env.SSL_LIBTENSORFLOW = environment;
  await rm(folder, { recursive: true, force: true });
});

const content = { framework: 'framework '.repeat(500), runtime: 'runtime '.repeat(9000) };
const digest = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/** A small wheel with the two libraries and a large file that must not be unpacked. */
async function makeWheel(): Promise<{ path: string; wheel: Wheel }> {
  const tree = join(folder, 'tree');
  await mkdir(join(tree, 'tensorflow'), { recursive: true });
  const [framework, runtime] = libraryFiles();
  await writeFile(join(tree, 'tensorflow', framework), content.framework);
  await writeFile(join(tree, 'tensorflow', runtime), content.runtime);
  await writeFile(join(tree, 'tensorflow', 'other.py'), 'x = 1\n'.repeat(1000));
  const path = join(folder, 'tensorflow_cpu-2.21.0-cp311-cp311-test.whl');
  execFileSync('python3', ['-m', 'zipfile', '-c', path, 'tensorflow'], { cwd: tree });
  const wheel: Wheel = {
    key: 'libtensorflow-test',
    requirement: 'tensorflow-cpu==2.21.0',
    platformTag: 'test_tag',
    sha256: digest(await readFile(path)),
    downloadBytes: (await stat(path)).size,
    unpackedBytes: content.framework.length + content.runtime.length,
    members: [
      { path: `tensorflow/${framework}`, sha256: digest(content.framework) },
      { path: `tensorflow/${runtime}`, sha256: digest(content.runtime) },
      { path: 'tensorflow/NOTICES', optional: true },
    ],
    cuda: false,
  };
  return { path, wheel };
}

/** Options that take the wheel from a file instead of from an index. */
function offline(path: string, wheel: Wheel, news: LibraryProgress[] = []): EnsureLibtensorflowOptions {
  return {
    wheel,
    cacheFolder: join(folder, 'cache'),
    onProgress: (progress) => news.push(progress),
    download: async ({ target, onBytes }) => {
      const copy = join(target, 'tensorflow_cpu.whl');
      await copyFile(path, copy);
      onBytes?.(wheel.downloadBytes);
      return copy;
    },
  };
}

describe('ensureLibtensorflow', () => {
  it('fetches the wheel, unpacks the two libraries and says what it does', async () => {
    const { path, wheel } = await makeWheel();
    const news: LibraryProgress[] = [];
    const result = await ensureLibtensorflow(offline(path, wheel, news));
    expect(result).toBe(join(folder, 'cache', 'libtensorflow-test', 'tensorflow'));
    expect((await readdir(result)).sort()).toEqual([...libraryFiles()].sort());
    expect(await readFile(join(result, libraryFiles()[1]), 'utf8')).toBe(content.runtime);
    expect(news[0]).toEqual({ kind: 'message', text: expect.stringMatching(/tensorflow-cpu==2\.21\.0[^]*size[^]*into[^]*cache[^]*Apache-2\.0/) as string });
    const phases = news.flatMap((progress) => (progress.kind === 'bytes' && progress.done === progress.total ? [progress.phase] : []));
    expect(phases).toEqual(['download', 'verify', 'unpack']);
  });

  it('is done at once when the library is there', async () => {
    const { path, wheel } = await makeWheel();
    const result = await ensureLibtensorflow(offline(path, wheel));
    const news: LibraryProgress[] = [];
    const refuse = { ...offline(path, wheel, news), download: () => Promise.reject(new Error('must not be called')) };
    expect(await ensureLibtensorflow(refuse)).toBe(result);
    expect(news).toEqual([]);
  });

  it('refuses a wheel and a library with a wrong checksum and keeps nothing', async () => {
    const { path, wheel } = await makeWheel();
    await expect(ensureLibtensorflow(offline(path, { ...wheel, sha256: 'a'.repeat(64) }))).rejects.toThrow(
      /tensorflow_cpu\.whl should have the sha256 a{64}, but has [0-9a-f]{64}[^]*Nothing was kept[^]*SSL_LIBTENSORFLOW/,
    );
    const [first, ...others] = wheel.members;
    const members = [{ ...first!, sha256: 'b'.repeat(64) }, ...others];
    await expect(ensureLibtensorflow(offline(path, { ...wheel, members }))).rejects.toThrow(/libtensorflow_framework[^]* should have the sha256 b{64}/);
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it('says how much room is missing', async () => {
    const { path, wheel } = await makeWheel();
    await expect(ensureLibtensorflow(offline(path, { ...wheel, unpackedBytes: 1e18 }))).rejects.toThrow(
      /needs \d+ MB in .*cache, but only \d+ MB are free\. Make room, or set SSL_CACHE/,
    );
  });

  it('explains a disk that became full', async () => {
    const { path, wheel } = await makeWheel();
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
    const run = ensureLibtensorflow({ ...offline(path, wheel), download: () => Promise.reject(full) });
    await expect(run).rejects.toThrow(/the disk became full\. Nothing was kept\. Make room, or set SSL_CACHE/);
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it('takes a folder of the user, its tensorflow folder, or a wheel', async () => {
    const { path } = await makeWheel();
    const tree = join(folder, 'tree');
    expect(await ensureLibtensorflow({ library: join(tree, 'tensorflow') })).toBe(join(tree, 'tensorflow'));
    process.env.SSL_LIBTENSORFLOW = tree;
    expect(await ensureLibtensorflow()).toBe(join(tree, 'tensorflow'));
    const unpacked = await ensureLibtensorflow({ library: path, cacheFolder: join(folder, 'cache'), onProgress: () => undefined });
    expect((await readdir(unpacked)).sort()).toEqual([...libraryFiles()].sort());
  });

  it('refuses a path without the libraries', async () => {
    process.env.SSL_LIBTENSORFLOW = join(folder, 'nowhere');
    await expect(ensureLibtensorflow()).rejects.toThrow(/SSL_LIBTENSORFLOW should name a folder with libtensorflow_framework[^]*nowhere does not exist/);
    await expect(ensureLibtensorflow({ library: folder })).rejects.toThrow(/library should name a folder[^]* does not hold them/);
    const text = join(folder, 'notes.txt');
    await writeFile(text, 'x');
    await expect(ensureLibtensorflow({ library: text })).rejects.toThrow(/notes\.txt is another file/);
  });
});

describe('pipDownload', () => {
  const request = (): Parameters<typeof pipDownload>[0] => ({
    requirement: 'tensorflow-cpu==2.21.0',
    platformTags: ['test'],
    target: folder,
    scratch: folder,
    byHand: 'BY HAND',
  });

  async function command(script: string): Promise<string> {
    const path = join(folder, 'python');
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  }

  it('says that python3 is missing', async () => {
    await expect(pipDownload(request(), ['no-such-python'])).rejects.toThrow(
      'python3 with pip is needed to fetch libtensorflow, but no python3 was found. Install it (apt install python3-pip, brew install python). BY HAND',
    );
  });

  it('says that pip is missing', async () => {
    const python = await command('echo "No module named pip" >&2; exit 1');
    await expect(pipDownload(request(), [python])).rejects.toThrow(/pip is needed to fetch libtensorflow, but '.*python -m pip' does not run\./);
  });

  it('says that the network is missing', async () => {
    const python = await command('[ "$3" = --version ] && exit 0; echo "WARNING: Retrying: NewConnectionError: Failed to establish a new connection"; echo "ERROR: No matching distribution found"; exit 1');
    await expect(pipDownload(request(), [python])).rejects.toThrow(/the package index cannot be reached[^]*pip said: ERROR: No matching distribution found\nBY HAND/);
  });

  it('tells the other failures apart', () => {
    expect(pipFailure('r', 'ERROR: No matching distribution found for r', '').message).toContain("pip's index has no such wheel");
    expect(pipFailure('r', 'OSError: [Errno 28] No space left on device', '').message).toContain('the disk is full');
    expect(pipFailure('r', 'ERROR: something else', '').message).toContain('but pip failed. pip said: ERROR: something else');
  });

  it('stops pip when it is told to', async () => {
    const python = await command('[ "$3" = --version ] && exit 0; exec sleep 60');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    await expect(pipDownload({ ...request(), signal: controller.signal }, [python])).rejects.toThrow(/abort/i);
  });
});

describe('wheelFor', () => {
  it('knows the platforms and says what to do on others', () => {
    expect(wheelFor('cpu', 'linux', 'x64').platformTag).toBe('manylinux_2_27_x86_64');
    expect(wheelFor('cpu', 'darwin', 'arm64').members[0]?.path).toBe('tensorflow/libtensorflow_framework.2.dylib');
    expect(wheelFor('cuda', 'linux', 'x64').requirement).toBe('tensorflow==2.21.0');
    expect(() => wheelFor('cpu', 'win32', 'x64')).toThrow(
      'libtensorflow (cpu) is fetched for linux x64, linux arm64, darwin arm64; this machine is win32 x64.',
    );
  });

  it('tells how to supply the library by hand', () => {
    expect(howToSupply(wheelFor('cpu', 'linux', 'x64'))).toContain(
      'python3 -m pip download --no-deps --only-binary=:all: --python-version 3.11 --platform manylinux_2_27_x86_64 tensorflow-cpu==2.21.0',
    );
  });
});
