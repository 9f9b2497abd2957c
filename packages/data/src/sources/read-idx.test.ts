import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { isSslError } from '@ssl/core';
import { idxImages } from './idx-images.js';
import { parseIdx, readIdx } from './read-idx.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-idx-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function idx(shape: readonly number[], type = 0x08, values?: number): Buffer {
  const count = values ?? shape.reduce((product, length) => product * length, 1);
  const bytes = Buffer.alloc(4 + 4 * shape.length + count);
  bytes.set([0, 0, type, shape.length]);
  for (const [axis, length] of shape.entries()) bytes.writeUInt32BE(length, 4 + 4 * axis);
  for (let i = 0; i < count; i += 1) bytes[4 + 4 * shape.length + i] = (i * 7) % 251;
  return bytes;
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('readIdx', () => {
  it('reads plain and gzipped files alike', async () => {
    const bytes = idx([5, 4, 3]);
    for (const path of [file('a', bytes), file('a.gz', gzipSync(bytes))]) {
      const array = await readIdx(path);
      expect(array.shape).toEqual([5, 4, 3]);
      expect(Buffer.compare(array.data, bytes.subarray(16))).toBe(0);
    }
  });

  it.each([
    ['half a header', idx([5, 4, 3]).subarray(0, 9), 'the file ends after 9 bytes'],
    ['too few values', idx([5, 4, 3], 8, 59), '76 bytes (5 x 4 x 3) needed, the file ends after 75'],
    ['too many values', idx([5, 4, 3], 8, 61), 'there is more from byte 76 on'],
    ['floats', idx([5], 0x0d), 'were needed (type 0x08), got float32'],
    ['text', Buffer.from('label,pixel0,pixel1'), 'at byte 0 needed, it starts with 6c616265'],
    ['five dimensions', idx([1, 1, 1, 1, 1]), '1 to 4 dimensions'],
    ['a claim of 4 billion', idx([2 ** 32 - 1, 2 ** 32 - 1], 8, 5), 'the header at byte 4 says 4294967295 x 4294967295'],
  ])('refuses %s, naming file and byte', async (name, bytes, message) => {
    for (const path of [file(name, bytes), file(`${name}.gz`, gzipSync(bytes))]) {
      const error: unknown = await readIdx(path).catch((caught: unknown) => caught);
      expect(isSslError(error)).toBe(true);
      expect(String(error)).toContain(message);
      expect(String(error)).toContain(path);
    }
  });

  it('refuses nothing, also where it is compressed', async () => {
    await expect(readIdx(file('nothing', Buffer.alloc(0)))).rejects.toThrow(/nothing is empty \(0 bytes\)/);
    await expect(readIdx(file('nothing.gz', gzipSync(Buffer.alloc(0))))).rejects.toThrow(/nothing\.gz: .*the file ends after 0 bytes/);
  });

  it('stops a gzip bomb as soon as there is more than the header says', async () => {
    const start = gzipSync(Buffer.concat([idx([2]), Buffer.alloc(1e6)])).subarray(0, 500);
    const endless = new Readable({ read: () => undefined }); // more never comes, nor an end
    endless.push(start);
    await expect(parseIdx('bomb', endless, true)).rejects.toThrow('there is more from byte 10 on');
    expect(endless.destroyed).toBe(true);
  });

  it('refuses damaged gzip data, a folder, and a path that is not there', async () => {
    const packed = gzipSync(idx([500, 4, 3]));
    await expect(readIdx(file('cut.gz', packed.subarray(0, packed.length - 30)))).rejects.toThrow('valid gzip data');
    const turned = Buffer.from(packed);
    turned[Math.floor(turned.length / 2)]! ^= 255;
    await expect(readIdx(file('turned.gz', turned))).rejects.toSatisfy(isSslError);
    await expect(readIdx(folder)).rejects.toThrow('is no file');
    await expect(readIdx(join(folder, 'gone'))).rejects.toThrow('ENOENT');
  });

  it('never fails otherwise than with an SslError (fuzz)', async () => {
    const sound = idx([6, 3, 3]);
    let state = 12345;
    const draw = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 500; round += 1) {
      const bytes = Buffer.from(sound.subarray(0, round % 3 === 0 ? draw(sound.length) : sound.length));
      for (let change = 0; change < draw(4) && bytes.length > 0; change += 1) bytes[draw(bytes.length)] = draw(256);
      const packed = round % 2 === 0 ? bytes : gzipSync(bytes);
      if (round % 4 === 1) packed[draw(packed.length)] = draw(256);
      const result: unknown = await parseIdx('fuzz', Readable.from([packed]), round % 2 === 1).catch((error: unknown) => error);
      const fine = isSslError(result) || (result as { data: Uint8Array }).data instanceof Uint8Array;
      expect(fine, String(result)).toBe(true);
    }
  });
});

describe('idxImages', () => {
  it('finds the labels beside the images, in a folder too', async () => {
    file('t10k-images-idx3-ubyte', idx([2, 4, 4]));
    const images = file('train-images-idx3-ubyte.gz', gzipSync(idx([3, 4, 4])));
    file('train-labels-idx1-ubyte', idx([3]));
    for (const path of [images, folder]) {
      const data = await idxImages(path);
      expect([data.size, data.channels, [...data.labels!], data.classes?.length]).toEqual([3, 1, [0, 7, 14], 15]);
    }
    const image = await (await idxImages(folder)).read(1);
    expect(image).toMatchObject({ kind: 'raw', width: 4, height: 4, channels: 1 });
    expect(image.kind === 'raw' && image.pixels[0]).toBe(112);
  });

  it('refuses labels of another number of images, and labels given as images', async () => {
    const images = file('x-images-idx3', idx([3, 4, 4]));
    const labels = file('other', idx([4]));
    await expect(idxImages(images, { labels })).rejects.toThrow('labels of shape [3] were needed, got [4]');
    await expect(idxImages(labels)).rejects.toThrow('images of shape [count, height, width] were needed, got [4]');
    expect((await idxImages(images, { labels: false })).labels).toBeUndefined();
  });
});
