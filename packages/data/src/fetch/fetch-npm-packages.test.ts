import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fetchNpmPackages, tarballPath, type NpmPackage } from './fetch-npm-packages.js';
import { sha256 } from './sha256.js';

// A stand-in for npm on the PATH: writes the "tarball" that it was asked for. The real one is used by `npm start`.
let folder: string;
let cache: string;
const path = process.env.PATH ?? '';

function fakeNpm(script: string): void {
  const npm = join(folder, 'npm');
  writeFileSync(npm, `#!/bin/sh\necho "$@" >> ${join(folder, 'calls')}\n${script}\n`);
  chmodSync(npm, 0o755);
}

const calls = () => (existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') : []);
const one: NpmPackage = { name: '@a/b', version: '1.2.3', sha256: sha256(Buffer.from('content\n')), bytes: 1_000_000, license: 'MIT' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-npm-'));
  cache = join(folder, 'cache');
  process.env.PATH = `${folder}${delimiter}${path}`;
});

afterEach(() => {
  process.env.PATH = path;
  rmSync(folder, { recursive: true, force: true });
});

describe('fetchNpmPackages', () => {
  it('fetches once, says what, how large and under which licence, and leaves nothing else behind', async () => {
    fakeNpm('echo content > "$4/a-b-1.2.3.tgz"');
    const lines: string[] = [];
    const options = { cacheFolder: cache, onProgress: (line: string) => void lines.push(line) };
    for (let round = 0; round < 2; round += 1) {
      expect((await fetchNpmPackages([one], options)).map(String)).toEqual(['content\n']);
    }
    expect(calls()).toHaveLength(1);
    expect(lines[0]).toBe(`fetching 1 npm packages (1.0 MB) into ${join(cache, 'packages')}`);
    expect(lines[1]).toBe('  1/1 @a/b 1.2.3, 1.0 MB, licence MIT');
    expect(readdirSync(cache)).toEqual(['packages']);
  });

  it('fetches once for two at the same time', async () => {
    fakeNpm('echo content > "$4/a-b-1.2.3.tgz"');
    await Promise.all([fetchNpmPackages([one], { cacheFolder: cache }), fetchNpmPackages([one], { cacheFolder: cache })]);
    expect(calls()).toHaveLength(1);
  });

  it('fetches a damaged file again', async () => {
    mkdirSync(join(cache, 'packages'), { recursive: true });
    writeFileSync(tarballPath(one, cache), 'conte');
    fakeNpm('echo content > "$4/a-b-1.2.3.tgz"');
    expect((await fetchNpmPackages([one], { cacheFolder: cache })).map(String)).toEqual(['content\n']);
  });

  it('takes files that were put there by hand, without npm', async () => {
    mkdirSync(join(cache, 'packages'), { recursive: true });
    writeFileSync(tarballPath(one, cache), 'content\n');
    fakeNpm('exit 1');
    await fetchNpmPackages([one], { cacheFolder: cache });
    expect(calls()).toEqual([]);
  });

  it('refuses a wrong checksum and keeps nothing', async () => {
    fakeNpm('echo other > "$4/a-b-1.2.3.tgz"');
    await expect(fetchNpmPackages([one], { cacheFolder: cache })).rejects.toThrow(/@a\/b 1\.2\.3 must have SHA-256 .* the registry sent/);
    expect(existsSync(tarballPath(one, cache))).toBe(false);
  });

  it('says what npm said and how to go on without network', async () => {
    fakeNpm('echo "npm error network request failed" >&2; exit 1');
    await expect(fetchNpmPackages([one], { cacheFolder: cache })).rejects.toThrow(
      /@a\/b@1\.2\.3 were needed, npm could not fetch them: .*network request failed.*put the files a-b-1\.2\.3\.tgz into/,
    );
    expect(readdirSync(cache)).toEqual(['packages']);
  });
});
