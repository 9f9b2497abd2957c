import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSslError } from '@ssl/core';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../decode-image.js';
import { openDataset } from '../open-dataset.js';
import { npyImages } from './npy-images.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-npy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An .npy file as numpy.save writes it (version 1, padded to 64 bytes). */
function npy(type: string, shape: readonly number[], data: Uint8Array, fortran = 'False', version = 1): Buffer {
  const before = version === 1 ? 10 : 12;
  let header = `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  header += `${' '.repeat(63 - ((before + header.length) % 64))}\n`;
  const start = Buffer.alloc(before);
  start.write('\x93NUMPY', 'latin1');
  start[6] = version;
  if (version === 1) start.writeUInt16LE(header.length, 8);
  else start.writeUInt32LE(header.length, 8);
  return Buffer.concat([start, Buffer.from(header), data]);
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const bytes = Uint8Array.from({ length: 36 }, (_, i) => i);

describe('npyImages', () => {
  it('reads grey and colour images from their places', async () => {
    for (const [shape, version] of [[[3, 2, 2, 3], 1], [[3, 3, 4], 2]] as const) {
      const data = await npyImages(file('a.npy', npy('|u1', shape, bytes, 'False', version)));
      expect([data.size, data.channels]).toEqual([3, shape[3] ?? 1]);
      const image = await data.read(2);
      expect(image.kind === 'raw' && [...image.pixels]).toEqual([...bytes.subarray(24)]);
      await data.close?.();
    }
  });

  it('keeps 16 bits, of either byte order', async () => {
    for (const [type, first] of [['<u2', 0x0100], ['>u2', 0x0001]] as const) {
      const data = await npyImages(file('w.npy', npy(type, [1, 3, 6], bytes)));
      const image = await data.read(0);
      expect(image.kind === 'raw' && image.pixels instanceof Uint16Array && image.pixels[0]).toBe(first);
      await data.close?.();
    }
  });

  it('takes labels from a second file', async () => {
    const images = file('i.npy', npy('|u1', [3, 3, 4], bytes));
    const labels = file('l.npy', npy('<i8', [3], new Uint8Array(new BigInt64Array([2n, 0n, -1n]).buffer)));
    const data = await npyImages(images, { labels });
    expect([[...data.labels!], data.classes]).toEqual([[2, 0, -1], ['0', '1', '2']]);
    await data.close?.();
    await expect(npyImages(images, { labels: images })).rejects.toThrow('3 labels were needed, got shape [3, 3, 4]');
  });

  /** Black and white of a set of two images, decoded. */
  async function firstAndLast(type: string, values: Uint8Array, range?: readonly [number, number]): Promise<readonly (number | undefined)[]> {
    const data = await openDataset(file('v.npy', npy(type, [2, 1, 2], values)), range === undefined ? {} : { range });
    const { pixels } = await decodeImage(await data.read(0));
    await data.close?.();
    return [...pixels];
  }
  const raw = (values: { readonly buffer: ArrayBufferLike }): Uint8Array => new Uint8Array(values.buffer);

  it.each([
    ['<f4', Float32Array.of(0, 0.5, 1, 1), [0, 128]],
    ['<f4', Float32Array.of(0, 0.5, 200, 1), [0, 0]], // dark, in a set that goes to 200
    ['<f8', Float64Array.of(0, 127.5, 255, 1), [0, 128]],
    ['<f2', Uint16Array.of(0, 0x3800, 0x3c00, 0), [0, 128]], // 0, .5, 1
    ['<i8', BigInt64Array.of(0n, 200n, 255n, 3n), [0, 200]],
    ['<i4', Int32Array.of(7, 100, 255, 3), [7, 100]],
    ['|i1', Int8Array.of(0, 127, 1, 3), [0, 127]],
    ['|b1', Uint8Array.of(0, 1, 1, 0), [0, 255]],
  ] as const)('takes %s for what all images of the file say', async (type, values, expected) => {
    expect(await firstAndLast(type, raw(values))).toEqual(expected);
    if (values.BYTES_PER_ELEMENT > 1) {
      const swapped = Buffer.from(raw(values)).reverse(); // every number, and their order
      expect((await firstAndLast(type.replace('<', '>'), Buffer.concat([swapped.subarray(swapped.length / 2), swapped.subarray(0, swapped.length / 2)]))).toReversed()).toEqual(expected);
    }
  });

  it.each([
    ['-1 to 1', Float32Array.of(-1, 0, 1, 0), 'from -1 to 0', [0, 127]],
    ['NaN', Float32Array.of(NaN, 0, 1, 0), 'it holds NaN', [127, 127]],
  ] as const)('refuses an image of %s until a range is given', async (_, values, message, expected) => {
    await expect(firstAndLast('<f4', raw(values))).rejects.toThrow(message);
    const given = await firstAndLast('<f4', raw(values), [-1, 1]);
    for (const [at, value] of given.entries()) if (!Number.isNaN(values[at])) expect(Math.abs(value! - expected[at]!)).toBeLessThanOrEqual(1);
  });

  it('refuses an image outside of the range of the others', async () => {
    const values = new Float32Array(400).fill(0.5); // 200 images, of which every third is looked at
    values[2] = 2;
    const data = await npyImages(file('o.npy', npy('<f4', [200, 1, 2], raw(values))));
    await expect(data.read(1).then((image) => decodeImage(image))).rejects.toThrow('go from 0.5 to 2, those of the other images from 0 to 1');
    expect([...(await decodeImage(await data.read(2))).pixels]).toEqual([128, 128]);
    await data.close?.();
  });

  it.each([
    ['complex numbers', npy('<c8', [1, 3, 3], bytes), 'numbers were needed, got type <c8'],
    ['texts', npy('<U9', [1, 1, 1], bytes), 'numbers were needed, got type <U9'],
    ['Fortran order', npy('|u1', [1, 6, 6], bytes, 'True'), 'C order was needed'],
    ['a matrix', npy('|u1', [6, 6], bytes), 'got [6, 6]'],
    ['a short file', npy('|u1', [1, 6, 6], bytes.subarray(1)), 'bytes (|u1, 1 x 6 x 6) needed, the file has'],
    ['a long claim', npy('|u1', [1e6, 1e6, 1e6], bytes), 'the file has'],
    ['a cut header', npy('|u1', [1, 6, 6], bytes).subarray(0, 40), 'a header of'],
    ['nothing', Buffer.alloc(0), 'is empty (0 bytes)'],
    ['no image', npy('|u1', [0, 6, 6], bytes.subarray(0, 0)), 'got [0, 6, 6], which holds none'],
    ['a picture', Buffer.from('\x89PNG\r\n\x1a\n plus more', 'latin1'), 'at byte 0 needed, got 89504e470d0a'],
  ])('refuses %s', async (_, content, message) => {
    const error: unknown = await npyImages(file('bad.npy', content)).catch((caught: unknown) => caught);
    expect(isSslError(error), String(error)).toBe(true);
    expect(String(error)).toContain(message);
    expect(String(error)).toContain('bad.npy');
  });

  it('never fails otherwise than with an SslError (fuzz)', async () => {
    const sound = npy('|u1', [1, 6, 6], bytes);
    for (let round = 0; round < 300; round += 1) {
      const content = Buffer.from(round % 3 === 0 ? sound.subarray(0, (round * 7) % sound.length) : sound);
      for (let k = 0; k <= round % 3 && content.length > 0; k += 1) content[(round * 31 + k * 17) % Math.min(content.length, 128)] = (round * 13 + k) % 256;
      const result: unknown = await npyImages(file('fuzz.npy', content)).catch((error: unknown) => error);
      expect(isSslError(result) || (result as { size: number }).size > 0, String(result)).toBe(true);
      await (result as { close?: () => Promise<void> }).close?.();
    }
  });
});
