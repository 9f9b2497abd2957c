import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSslError, type HostBatch } from '@ssl/core';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import { evaluationBatches } from '../evaluation-batches.js';
import { imageLoader } from '../image-loader.js';
import { inMemory } from '../sources/in-memory.js';
import { openPack, type OpenPackOptions } from './open-pack.js';
import { writePack } from './write-pack.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-pack-'));
  path = join(folder, 'a.sslpack');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Image k is filled with the value k. */
function numbered(size: number, side = 4): Dataset {
  return inMemory({
    name: 'numbers', pixels: Uint8Array.from({ length: size * side * side }, (_, i) => Math.floor(i / side ** 2) % 256), shape: [size, side, side, 1],
    labels: Int32Array.from({ length: size }, (_, k) => k % 2), classes: ['even', 'odd'], groups: Int32Array.from({ length: size }, (_, k) => k * 10),
  });
}

/** PNG files of one colour, twice as wide as high; image 1 is broken. */
async function files(count: number): Promise<Dataset> {
  const bytes = await Promise.all(
    Array.from({ length: count }, (_, k) => sharp({ create: { width: 40, height: 20, channels: 3, background: { r: 10 * k, g: 0, b: 0 } } }).png().toBuffer()),
  );
  return {
    name: 'files', size: count, channels: 3,
    describe: (index) => `file ${index}`,
    caption: (index) => Promise.resolve(index === 2 ? undefined : `caption ${index} ä`),
    read: (index) => Promise.resolve({ kind: 'encoded', bytes: index === 1 ? Buffer.from('torn') : bytes[index]! }),
  };
}

async function indicesOf(data: Dataset, count: number): Promise<number[]> {
  const loader = imageLoader(data, { size: 4, batchSize: 4, cacheBytes: 0 });
  const indices: number[] = [];
  for await (const batch of loader.batches({ epoch: 0, batch: 0 })) {
    indices.push(...batch.indices);
    for (const [place, index] of batch.indices.entries()) expect(batch.pixels[place * 16]).toBe(index);
    if (indices.length >= count) break;
  }
  await loader.close();
  return indices;
}

describe('a pack of pixels', () => {
  it('gives back every image, label and group', async () => {
    const result = await writePack(numbered(50), path, { size: 4 });
    expect([result.count, result.broken.count, result.bytes]).toEqual([50, 0, readFileSync(path).length]);
    const pack = await openPack(path);
    expect([pack.name, pack.size, pack.kind, pack.side, pack.channels, pack.classes]).toEqual(['numbers', 50, 'pixels', 4, 1, ['even', 'odd']]);
    expect([pack.labels, pack.groups]).toEqual([numbered(50).labels, numbered(50).groups]);
    expect(await indicesOf(pack, 48)).toEqual(await indicesOf(numbered(50), 48));
    expect(pack.indexMemory).toBe(50 * 16);
    expect(readdirSync(folder)).toEqual(['a.sslpack']);
    await pack.close?.();
  });

  it('keeps what was not taken when it was written', async () => {
    const raws = { count: 7, what: '.cr2 file', reason: 'camera raw', examples: ['a.cr2'], mayBeImages: true };
    await writePack({ ...(await files(3)), passedOver: [raws] }, path, { size: 8 });
    const pack = await openPack(path);
    expect(pack.passedOver).toEqual([raws, { count: 1, what: 'image', reason: 'not readable when the pack was written', examples: ['file 1'], mayBeImages: true }]);
    await pack.close?.();
  });

  it('resizes, keeps proportions, leaves broken files out', async () => {
    const result = await writePack(await files(5), path, { size: 8 });
    expect([result.count, result.broken.listed.map(({ name }) => name)]).toEqual([4, ['file 1']]);
    const pack = await openPack(path);
    const batches: HostBatch[] = [];
    for await (const batch of evaluationBatches(pack, { size: 8, batchSize: 10 })) batches.push(batch);
    expect([[...batches[0]!.aspects], [0, 1, 2, 3].map((k) => batches[0]!.pixels[k * 192])]).toEqual([[2, 2, 2, 2], [0, 20, 30, 40]]);
    expect([await pack.caption?.(0), await pack.caption?.(1), await pack.caption?.(2)]).toEqual(['caption 0 ä', undefined, 'caption 3 ä']);
    await pack.close?.();
  });

  it('finds a damaged record, and that one only', async () => {
    await writePack(numbered(20), path, { size: 4 });
    const bytes = readFileSync(path);
    bytes[4096 + 16 * 7 + 3]! ^= 1;
    writeFileSync(path, bytes);
    const pack = await openPack(path);
    await expect(pack.read(7)).rejects.toThrow(`the record at byte ${4096 + 16 * 7} of ${path} has a wrong checksum`);
    const loader = imageLoader(pack, { size: 4, batchSize: 5 });
    let count = 0;
    for await (const batch of loader.batches({ epoch: 0, batch: 0 })) {
      expect([...batch.indices]).not.toContain(7);
      if ((count += 1) === 4) break;
    }
    expect(loader.broken.listed).toHaveLength(1);
    await loader.close();
    await pack.close?.();
  });

  it('is read in runs, with an order that keeps to some of them, on request', async () => {
    await writePack(numbered(64), path, { size: 4 });
    const options: OpenPackOptions = { runBytes: 16 * 8, runWindow: 1 };
    const pack = await openPack(path, options);
    expect([...pack.pieces!.starts]).toEqual([0, 8, 16, 24, 32, 40, 48, 56]);
    const order = await indicesOf(pack, 64);
    expect(order.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, k) => k));
    const runs = order.map((index) => Math.floor(index / 8));
    expect(runs.filter((run, at) => run !== runs[at - 1])).toHaveLength(8);
    await pack.close?.();
  });
});

describe('a pack of encoded images', () => {
  it('keeps files as they are, with captions', async () => {
    const data = await files(4);
    await writePack(data, path, { format: 'original' });
    const pack = await openPack(path);
    const [packed, source] = [await pack.read(1), await data.read(2)];
    expect(packed.kind === 'encoded' && source.kind === 'encoded' && Buffer.compare(packed.bytes, source.bytes)).toBe(0);
    expect([pack.kind, pack.size, await pack.caption?.(0), await pack.caption?.(1)]).toEqual(['encoded', 3, 'caption 0 ä', undefined]);
    await pack.close?.();
  });

  it('encodes again at the size asked for, never larger', async () => {
    for (const [size, width] of [[10, 20], [100, 40]] as const) {
      await writePack(await files(3), path, { format: 'jpeg', size });
      const pack = await openPack(path);
      const image = await pack.read(1);
      const metadata = await sharp(image.kind === 'encoded' ? image.bytes : new Uint8Array()).metadata();
      expect([metadata.format, metadata.width, metadata.height]).toEqual(['jpeg', width, width / 2]);
      await pack.close?.();
    }
  });
});

describe('writePack', () => {
  it('leaves an older file as it was when nothing can be packed', async () => {
    await writePack(numbered(5), path, { size: 4 });
    const before = readFileSync(path);
    const broken: Dataset = { ...numbered(3), read: () => Promise.reject(new Error('torn')) };
    await expect(writePack(broken, path, { size: 4 })).rejects.toThrow('all 3 of numbers are broken');
    expect(Buffer.compare(readFileSync(path), before)).toBe(0);
    expect(readdirSync(folder)).toEqual(['a.sslpack']);
  });

  it('refuses a folder that is not there, and pixels without a size', async () => {
    await expect(writePack(numbered(3), join(folder, 'no', 'a.sslpack'), { size: 4 })).rejects.toThrow('could not be (ENOENT)');
    await expect(writePack(numbered(3), path)).rejects.toThrow('needs the side of its squares');
    expect(existsSync(path)).toBe(false);
  });
});

describe('openPack refuses', () => {
  it('cut, damaged and foreign files, saying where', async () => {
    await writePack(numbered(20), path, { size: 4 });
    const sound = readFileSync(path);
    const bad = join(folder, 'bad.sslpack');
    const open = (change: (bytes: Buffer) => Buffer) => {
      writeFileSync(bad, change(Buffer.from(sound)));
      return openPack(bad);
    };
    const flip = (at: number) => (bytes: Buffer) => {
      bytes[at < 0 ? bytes.length + at : at]! ^= 4;
      return bytes;
    };
    await expect(open((bytes) => bytes.subarray(0, 3000))).rejects.toThrow(/bytes were announced, the file has 3000/);
    await expect(open((bytes) => bytes.subarray(0, 10))).rejects.toThrow('an .sslpack file was needed');
    await expect(open(() => Buffer.alloc(0))).rejects.toThrow('is empty (0 bytes)');
    await expect(open(() => Buffer.alloc(9000, 65))).rejects.toThrow('byte 0 says 4141414141414141. Make one with ssl pack');
    await expect(open(flip(9))).rejects.toThrow('the header (byte 0) has a wrong checksum');
    await expect(open(flip(-3))).rejects.toThrow(/the table at byte \d+ has a wrong checksum/);
    await expect(open((bytes) => (bytes.writeUInt8(2, 7), bytes))).rejects.toThrow('of version 1 was needed, got version 2');
    await expect(openPack(join(folder, 'gone'))).rejects.toThrow('ENOENT');
    await expect(openPack(folder)).rejects.toThrow('is no file');
  });

  it('or fails with an SslError whatever is changed (fuzz)', async () => {
    await writePack(await files(6), path, { format: 'original' });
    const fuzz = join(folder, 'fuzz.sslpack');
    const length = readFileSync(path).length;
    for (let round = 0; round < 150; round += 1) {
      copyFileSync(path, fuzz);
      const bytes = readFileSync(fuzz);
      for (let k = 0; k <= round % 3; k += 1) bytes[(round * 613 + k * 7919) % length] = (round * 17 + k) % 256;
      writeFileSync(fuzz, bytes);
      if (round % 5 === 4) truncateSync(fuzz, (round * 331) % length);
      const pack: unknown = await openPack(fuzz).catch((error: unknown) => error);
      if (pack instanceof Error) expect(isSslError(pack), String(pack)).toBe(true);
      else {
        for (let index = 0; index < 5; index += 1) await (pack as Dataset).read(index).catch((error: unknown) => expect(error).toBeInstanceOf(Error));
        await (pack as Dataset).close?.();
      }
    }
  });
});
