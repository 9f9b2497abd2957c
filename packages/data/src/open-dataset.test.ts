import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.js';
import { writePack } from './pack/write-pack.js';
import { inMemory } from './sources/in-memory.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-open-'));

beforeAll(() => {
  mkdirSync(join(folder, 'a'));
  writeFileSync(join(folder, 'a', '1.png'), 'x');
  writeFileSync(join(folder, 'images-idx3'), Buffer.from([0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 2, 3, 4]));
  writeFileSync(join(folder, 'test.bin'), Buffer.alloc(3074));
  writeFileSync(join(folder, 'test_batch.bin'), Buffer.alloc(3073));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('openDataset', () => {
  it('opens folders and formats', async () => {
    expect((await openDataset(folder)).labels).toBeUndefined();
    expect((await openDataset(`folder:${folder}`, { labels: true })).classes).toEqual(['a']);
    expect((await openDataset(`idx:${folder}/images-idx3`)).channels).toBe(1);
    expect((await openDataset(`cifar10:${folder}`, { split: 'test' })).name).toBe('CIFAR-10');
    expect((await openDataset(`cifar100:${folder}`, { split: 'test' })).name).toBe('CIFAR-100');
  });

  it('tells the format of a file by its ending', async () => {
    const data = inMemory({ pixels: new Uint8Array(3 * 4), shape: [3, 2, 2, 1] });
    await writePack(data, join(folder, 'a.sslpack'), { size: 2 });
    writeFileSync(join(folder, 'list.txt'), 'a/1.png\n');
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), readFileSync(join(folder, 'images-idx3')));
    const opened = [];
    for (const name of ['a.sslpack', 'list.txt', 'train-images-idx3-ubyte']) opened.push(await openDataset(join(folder, name)));
    expect(opened.map(({ size, channels }) => [size, channels])).toEqual([[3, 1], [1, 3], [1, 1]]);
    for (const one of opened) await one.close?.();
    await expect(openDataset(join(folder, 'test.bin'))).rejects.toThrow('is not a folder');
  });

  it('opens a folder that holds no images but the files of one format, and says so', async () => {
    const put = (path: string, content: string | Uint8Array = 'x') => {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), content);
    };
    put('arrays/train-images-idx3-ubyte', readFileSync(join(folder, 'images-idx3')));
    const arrays = await openDataset(join(folder, 'arrays'));
    expect([arrays.size, arrays.notes]).toEqual([1, [`a folder without image files, read as idx:${join(folder, 'arrays')}`]]);
    for (let k = 1; k <= 5; k += 1) put(`cifar/data_batch_${k}.bin`, Buffer.alloc(3073));
    expect((await openDataset(join(folder, 'cifar'))).name).toBe('CIFAR-10');
    put('shards/broken.tar');
    await expect(openDataset(join(folder, 'shards'))).rejects.toThrow(/broken\.tar: a tar archive was needed/);
    put('hub/data/train-0.parquet');
    await expect(openDataset(join(folder, 'hub'))).rejects.toThrow(`Name parquet:${join(folder, 'hub', 'data')}.`);
    put('one/x.npy');
    await expect(openDataset(join(folder, 'one'))).rejects.toThrow(`Name npy:${join(folder, 'one', 'x.npy')}.`);
    put('both/x.tar');
    put('both/y.parquet');
    await expect(openDataset(join(folder, 'both'))).rejects.toThrow(`Name tar:${join(folder, 'both')} or parquet:${join(folder, 'both')}.`);
    put('pickles/data_batch_1');
    await expect(openDataset(join(folder, 'pickles'))).rejects.toThrow('CIFAR in its Python version is not read');
    put('zips/a.zip');
    await expect(openDataset(join(folder, 'zips'))).rejects.toThrow(/Not taken: 1 \.zip file: archive among the files, not looked into; unpack it/);
  });

  it.each([
    ['x.tar.gz', '\x1f\x8b', /Unpack it once: gunzip -k .*x\.tar\.gz, and name .*x\.tar\./],
    ['x.tgz', '\x1f\x8b', /gunzip -k .*x\.tgz, and name .*x\.tar\./],
    ['x.zip', 'PK', /unzip -q .*x\.zip -d .*\/x, and name that folder/],
    ['x.npz', 'PK', /numpy\.load\(/],
    ['x.h5', '\x89HDF', /HDF5 is not read\. .*h5py/],
    ['x.tfrecord', 'x', /Records of this format are not read/],
    ['x.mat', 'x', /scipy/],
    ['train', `${'a'.repeat(257)}ustar`, /name tar:.*train\./],
    ['data', 'PAR1', /name parquet:.*data\./],
    ['photo.png', '\x89PNG', /It is one image \(PNG\): name its folder/],
    ['pointer.bin', 'version https://git-lfs.github.com/spec/v1', /It is a Git LFS pointer/],
    ['unknown.xyz', 'x', /other formats are named with their prefix \(tar:, parquet:/],
  ])('says what to do with %s', async (name, content, message) => {
    writeFileSync(join(folder, name), Buffer.from(content, 'latin1'));
    await expect(openDataset(join(folder, name))).rejects.toThrow(message);
  });

  it('suggests the nearest name', async () => {
    await expect(openDataset('emojis')).rejects.toThrow('Did you mean emoji?');
    await expect(openDataset('cifra10:/x')).rejects.toThrow('Did you mean cifar10?');
    await expect(openDataset(join(folder, 'emojy'))).rejects.toThrow('Did you mean emoji?');
    await expect(openDataset(join(folder, 'test_bach.bin'))).rejects.toThrow(`Did you mean ${join(folder, 'test_batch.bin')}?`);
    await expect(openDataset('/no/such/folder')).rejects.toThrow('Check the path.');
    await expect(openDataset('constructor')).rejects.toThrow('is none of these');
    await expect(openDataset('idx:')).rejects.toThrow('needs a path after the colon');
  });
});
