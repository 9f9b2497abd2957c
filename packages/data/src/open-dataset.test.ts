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
