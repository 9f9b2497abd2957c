import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDataset } from './open-dataset.js';

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

  it('suggests the nearest name', async () => {
    await expect(openDataset('emojis')).rejects.toThrow('Did you mean emoji?');
    await expect(openDataset('cifra10:/x')).rejects.toThrow('Did you mean cifar10?');
    await expect(openDataset('/no/such/folder')).rejects.toThrow('Check the path.');
    await expect(openDataset('constructor')).rejects.toThrow('is none of these');
    await expect(openDataset('idx:')).rejects.toThrow('needs a path after the colon');
  });
});
