import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSslError } from '@ssl/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cifar10, cifar100 } from './cifar.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-cifar-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Records whose planes are filled with `first`, `first + 1`, `first + 2`. */
function records(labels: readonly (readonly number[])[], first: number): Buffer {
  return Buffer.concat(
    labels.map((label, k) => Buffer.concat([Buffer.from(label), ...[0, 1, 2].map((plane) => Buffer.alloc(1024, first + 10 * k + plane))])),
  );
}

function writeCifar10(where = folder): void {
  for (let batch = 1; batch <= 5; batch += 1) writeFileSync(join(where, `data_batch_${batch}.bin`), records([[batch], [9]], batch * 20));
  writeFileSync(join(where, 'test_batch.bin'), records([[3]], 200));
}

describe('cifar10', () => {
  it('reads training, test and all images, channels last', async () => {
    writeCifar10();
    const train = await cifar10(folder);
    expect([train.size, train.classes?.length, [...train.labels!]]).toEqual([10, 10, [1, 9, 2, 9, 3, 9, 4, 9, 5, 9]]);
    const image = await train.read(7);
    expect(image).toMatchObject({ kind: 'raw', width: 32, height: 32, channels: 3 });
    expect(image.kind === 'raw' && [...image.pixels.subarray(3069)]).toEqual([90, 91, 92]);
    expect((await cifar10(folder, { split: 'test' })).size).toBe(1);
    const all = await cifar10(folder, { split: 'all' });
    const last = await all.read(10);
    expect([all.size, last.kind === 'raw' && last.pixels[0]]).toEqual([11, 200]);
  });

  it('takes the folder above, and names of classes', async () => {
    const inner = join(folder, 'cifar-10-batches-bin');
    mkdirSync(inner);
    writeCifar10(inner);
    const names = 'airplane automobile bird cat deer dog frog horse ship truck'.split(' ');
    writeFileSync(join(inner, 'batches.meta.txt'), `${names.join('\n')}\n\n`);
    expect((await cifar10(folder)).classes).toEqual(names);
  });

  it('refuses a missing, cut, empty or foreign file, naming file and byte', async () => {
    await expect(cifar10(join(folder, 'gone'))).rejects.toThrow('could not be read (ENOENT)');
    await expect(cifar10(folder)).rejects.toThrow(/data_batch_1\.bin, it could not be read \(ENOENT\)/);
    writeCifar10();
    writeFileSync(join(folder, 'data_batch_3.bin'), records([[1], [1]], 0).subarray(0, 3073 + 100));
    await expect(cifar10(folder)).rejects.toThrow(/data_batch_3\.bin: .*3073 bytes, the file has 3173 bytes \(the last record starts at byte 3073\)/);
    writeFileSync(join(folder, 'data_batch_3.bin'), '');
    await expect(cifar10(folder)).rejects.toThrow('is empty (0 bytes)');
    writeFileSync(join(folder, 'data_batch_3.bin'), records([[1], [77]], 0));
    await expect(cifar10(folder)).rejects.toThrow(/data_batch_3\.bin: a label below 10 was needed at byte 3073, got 77/);
  });

  it('never fails otherwise than with an SslError (fuzz)', async () => {
    writeCifar10();
    for (let round = 0; round < 40; round += 1) {
      const bytes = Buffer.from(Array.from({ length: round % 2 === 0 ? 3073 : (round * 397) % 7000 }, (_, i) => (i * i * (round + 1)) % 256));
      writeFileSync(join(folder, 'test_batch.bin'), bytes);
      const result: unknown = await cifar10(folder, { split: 'test' }).catch((error: unknown) => error);
      expect(isSslError(result) || (result as { size: number }).size === 1, String(result)).toBe(true);
    }
  });
});

describe('cifar100', () => {
  it('has fine and coarse labels', async () => {
    writeFileSync(join(folder, 'train.bin'), records([[19, 99], [4, 30]], 0));
    const fine = await cifar100(folder);
    const coarse = await cifar100(folder, { labels: 'coarse' });
    expect([[...fine.labels!], fine.classes?.length]).toEqual([[99, 30], 100]);
    expect([[...coarse.labels!], coarse.classes?.length]).toEqual([[19, 4], 20]);
    const image = await fine.read(1);
    expect(image.kind === 'raw' && [...image.pixels.subarray(0, 3)]).toEqual([10, 11, 12]);
  });
});
