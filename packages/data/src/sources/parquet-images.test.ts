import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { isSslError } from '@ssl/core';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { afterAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import { decodeImage } from '../decode-image.js';
import { imageLoader } from '../image-loader.js';
import { parquetImages } from './parquet-images.js';

// Written by pyarrow, see tools/golden/data-parquet.py: ten images of one colour each, image k has red 20 k.
const hub = join(import.meta.dirname, '__fixtures__', 'hub.parquet');
const plain = join(import.meta.dirname, '__fixtures__', 'plain.parquet');
const folder = mkdtempSync(join(tmpdir(), 'ssl-parquet-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, bytes: Uint8Array): string {
  writeFileSync(join(folder, name), bytes);
  return join(folder, name);
}

async function red(data: Dataset, index: number): Promise<number> {
  return ((await decodeImage(await data.read(index))).pixels[0] ?? -1) / 20;
}

/** A frame with a window of 2 MiB, of blocks as they are (0), repeated bytes (1) or compressed ones (2). */
function zstdFrame(blocks: readonly { readonly kind: number; readonly size: number; readonly content: Uint8Array }[]): Buffer {
  const parts = blocks.flatMap(({ kind, size, content }, index) => {
    const header = Buffer.alloc(3);
    header.writeUIntLE(Number(index === blocks.length - 1) | (kind << 1) | (size << 3), 0, 3);
    return [header, content];
  });
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]), ...parts]);
}

const tens = Array.from({ length: 10 }, (_, k) => k);

describe('parquetImages', () => {
  it('reads the layout of public hubs: images, names of classes, captions', async () => {
    const data = await parquetImages(hub);
    expect([data.size, data.classes, [...data.labels!]]).toEqual([10, ['cat', 'dog', 'bird'], tens.map((k) => k % 3)]);
    expect(await Promise.all([9, 0, 5, 2, 3, 8, 1, 7, 6, 4].map((index) => red(data, index)))).toEqual([9, 0, 5, 2, 3, 8, 1, 7, 6, 4]);
    expect([await data.caption?.(7), await data.caption?.(4)]).toEqual(['picture 7', undefined]);
    expect([data.describe(4), [...data.pieces!.starts]]).toEqual([`${hub}[4]`, [0, 3, 6, 9]]);
    await data.close?.();
  });

  it('reads plain columns of bytes and names, zstd, and several files as one', async () => {
    const data = await parquetImages([plain, plain]);
    expect([data.size, data.classes, [...data.labels!.subarray(8, 12)], data.describe(13)]).toEqual([20, ['bird', 'cat', 'dog'], [0, 1, 1, 2], `${plain}[3]`]);
    expect(await Promise.all([0, 9, 10, 19].map((index) => red(data, index)))).toEqual([0, 9, 0, 9]);
    expect('caption' in data).toBe(false);
    await data.close?.();
  });

  it('takes the columns that are named', async () => {
    const path = file('named.parquet', new Uint8Array(parquetWriteBuffer({
      columnData: [{ name: 'photo', data: [Buffer.from('one'), Buffer.from('two')], type: 'BYTE_ARRAY' }, { name: 'kind', data: ['b', 'a'], type: 'STRING' }],
    })));
    await expect(parquetImages(path)).rejects.toThrow('a column of images was needed, there are photo, kind');
    await expect(parquetImages(path, { image: 'foto' })).rejects.toThrow('a column foto was needed, there are photo, kind');
    const data = await parquetImages(path, { image: 'photo', label: 'kind' });
    const image = await data.read(1);
    expect([image.kind === 'encoded' && Buffer.from(image.bytes).toString(), [...data.labels!]]).toEqual(['two', [1, 0]]);
    await data.close?.();
  });

  it('is shuffled row group by row group, every image once, and resumes exactly', async () => {
    const data = await parquetImages(hub, { memory: 1 }); // one row group at a time
    const take = async (from: { epoch: number; batch: number }, count: number) => {
      const loader = imageLoader(data, { size: 2, batchSize: 5, workers: 3, cacheBytes: 0 });
      const batches = [];
      for await (const batch of loader.batches(from)) if (batches.push([...batch.indices]) === count) break;
      await loader.close();
      return batches;
    };
    const batches = await take({ epoch: 0, batch: 0 }, 4);
    const epoch = batches.slice(0, 2).flat();
    expect(epoch.toSorted((a, b) => a - b)).toEqual(tens);
    const groups = epoch.map((index) => Math.floor(index / 3));
    expect(groups.filter((group, at) => group !== groups[at - 1])).toHaveLength(4); // each row group in one run
    expect(await take({ epoch: 1, batch: 0 }, 2)).toEqual(batches.slice(2));
    await data.close?.();
  });

  it('rejects an image that is missing, alone', async () => {
    const path = file('hole.parquet', new Uint8Array(parquetWriteBuffer({ columnData: [{ name: 'image', data: [Buffer.from('one'), null], type: 'BYTE_ARRAY' }] })));
    const data = await parquetImages(path);
    await expect(data.read(0)).resolves.toMatchObject({ kind: 'encoded' });
    await expect(data.read(1)).rejects.toThrow('no image in column image');
    await data.close?.();
  });

  it('counts what it does not take: further images of a row, other columns, rows without an image, other files', async () => {
    const bytes = (text: string) => ({ bytes: new Uint8Array(Buffer.from(text)), path: null });
    const record = [{ name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' }, { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' }] as const;
    mkdirSync(join(folder, 'several', 'test'), { recursive: true });
    const path = file('several/train-0.parquet', new Uint8Array(parquetWriteBuffer({
      schema: [
        { name: 'root', num_children: 2 },
        { name: 'images', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' }, { name: 'list', repetition_type: 'REPEATED', num_children: 1 }, { name: 'element', repetition_type: 'OPTIONAL', num_children: 2 }, ...record,
        { name: 'mask', repetition_type: 'OPTIONAL', num_children: 2 }, ...record,
      ],
      columnData: [{ name: 'images', data: [[bytes('a'), bytes('b'), bytes('c')], [bytes('d')], []] }, { name: 'mask', data: [bytes('m'), bytes('m'), bytes('m')] }],
    })));
    const told = (data: Dataset) => data.passedOver?.map(({ count, what, reason, examples }) => `${count} ${what} ${reason} ${examples.join(',')}`).sort();
    const data = await parquetImages(path);
    const image = await data.read(1);
    expect(image.kind === 'encoded' && Buffer.from(image.bytes).toString()).toBe('d');
    const further = ['1 column of images, not read beside images mask', '1 row without an image in column images ', '2 image further ones of a row of column images; the first of each row is taken '];
    expect(told(data)).toEqual(further);
    await data.close?.();
    for (const name of ['test/0.parquet', 'a.png', 'b.zip', 'dataset_info.json']) file(`several/${name}`, Buffer.from('x'));
    const all = await parquetImages(join(folder, 'several'));
    expect([all.size, all.notes]).toEqual([3, undefined]);
    expect(told(all)?.filter((line) => !further.includes(line))).toEqual([
      '1 .json file no image dataset_info.json',
      '1 .parquet file in a folder below, not read; name that folder too test/0.parquet',
      '1 .zip file archive among the files, not looked into; unpack it, or open it on its own (tar:FILE.tar) b.zip',
      '1 image beside the .parquet files, not read; name a folder of images for it a.png',
    ]);
    await all.close?.();
    file('several/test-0.parquet', readFileSync(path));
    const parts = await parquetImages(join(folder, 'several'));
    expect(parts.notes?.[0]).toMatch(/files of several parts are read as one set \(test-0\.parquet, train-0\.parquet\)/);
    await parts.close?.();
    await expect(parquetImages(file('pointer.parquet', Buffer.from('version https://git-lfs.github.com/spec/v1\n')))).rejects.toThrow('pointer.parquet is a Git LFS pointer');
  });

  it('says where rows name files in place of images, and which columns another file of the set lacks', async () => {
    const schema = [
      { name: 'root', num_children: 1 }, { name: 'image', repetition_type: 'OPTIONAL', num_children: 2 },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' }, { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ] as const;
    const data = await parquetImages(file('paths.parquet', new Uint8Array(parquetWriteBuffer({ schema: [...schema], columnData: [{ name: 'image', data: [{ bytes: null, path: '/photos/1.png' }] }] }))));
    await expect(data.read(0)).rejects.toThrow('column image names the file /photos/1.png and holds no bytes');
    await data.close?.();
    mkdirSync(join(folder, 'unlike'));
    const image = { name: 'image', data: [Buffer.from('one')], type: 'BYTE_ARRAY' as const };
    file('unlike/a.parquet', new Uint8Array(parquetWriteBuffer({ columnData: [image, { name: 'label', data: [1], type: 'INT32' }] })));
    file('unlike/b.parquet', new Uint8Array(parquetWriteBuffer({ columnData: [image] })));
    await expect(parquetImages(join(folder, 'unlike'))).rejects.toThrow(/b\.parquet: the columns label of .*a\.parquet were needed too, there are image/);
  });

  it('refuses damaged files, naming them', async () => {
    const sound = readFileSync(hub);
    await expect(parquetImages(file('cut.parquet', sound.subarray(0, sound.length - 20)))).rejects.toThrow('cut.parquet: a sound Parquet file was needed');
    await expect(parquetImages(file('text.parquet', Buffer.alloc(500, 65)))).rejects.toThrow('text.parquet: a sound Parquet file was needed');
    await expect(parquetImages(file('empty.parquet', Buffer.alloc(0)))).rejects.toThrow('empty.parquet is empty (0 bytes)');
    await expect(parquetImages(join(folder, 'gone.parquet'))).rejects.toThrow('ENOENT');
    await expect(parquetImages(tmpdir())).rejects.toSatisfy(isSslError);
  });

  it('refuses a page that claims far more than its bytes can hold (decompression bomb), and reads one that is only well compressed', async () => {
    const write = (name: string, codec: 'BROTLI' | 'GZIP', compress: (page: Uint8Array) => Uint8Array, length: number): string =>
      file(name, new Uint8Array(parquetWriteBuffer({
        columnData: [{ name: 'image', data: [Buffer.alloc(length, 7)], type: 'BYTE_ARRAY' }], codec, compressors: { [codec]: compress }, statistics: false,
      })));
    const bomb = await parquetImages(write('bomb.parquet', 'BROTLI', (page) => brotliCompressSync(page), 6e6)); // some twenty bytes
    await expect(bomb.read(0)).rejects.toThrow(/bomb\.parquet: a sound Parquet file was needed, a page of \d{1,2} bytes claims to hold 60\d{5}\. /);
    await bomb.close?.();
    const sound = await parquetImages(write('dense.parquet', 'BROTLI', (page) => brotliCompressSync(page), 5e5));
    const image = await sound.read(0);
    expect(image.kind === 'encoded' && image.bytes.length === 5e5 && image.bytes.every((value) => value === 7)).toBe(true);
    await sound.close?.();
    // What claims little and holds much: no more than what was claimed is ever made.
    const liar = await parquetImages(write('liar.parquet', 'GZIP', (page) => gzipSync(Buffer.concat([page, Buffer.alloc(5e6)])), 1000));
    const held: unknown = await liar.read(0).catch((error: unknown) => error);
    expect(held instanceof Error ? isSslError(held) : (held as { bytes: Uint8Array }).bytes.buffer.byteLength < 1e5).toBe(true);
    await liar.close?.();
  });

  it('refuses a page of Zstandard that holds more than it claims, before it is made', async () => {
    const write = (name: string, page: (plain: Uint8Array) => Uint8Array): string =>
      file(name, new Uint8Array(parquetWriteBuffer({
        columnData: [{ name: 'image', data: [Buffer.alloc(1000, 7)], type: 'BYTE_ARRAY' }], codec: 'ZSTD', compressors: { ZSTD: page }, statistics: false,
      })));
    const refused = async (name: string, page: Uint8Array, message: RegExp): Promise<void> => {
      const data = await parquetImages(write(name, () => page));
      await expect(data.read(0)).rejects.toThrow(message);
      await data.close?.();
    };
    // A terabyte in 32 MB would be the same with more blocks; made, this is 64 MB.
    await refused('repeated.parquet', zstdFrame(Array.from({ length: 512 }, () => ({ kind: 1, size: 2 ** 17, content: Buffer.of(0) }))), /repeated\.parquet: .*a page of 2054 bytes claims to hold 10\d\d, its blocks hold up to 67108864/);
    await refused('compressed.parquet', zstdFrame(Array.from({ length: 512 }, () => ({ kind: 2, size: 4, content: Buffer.alloc(4) }))), /compressed\.parquet: .*its blocks hold up to 67108864/);
    // The same frames with what was claimed in them, in two blocks and after a frame to be skipped.
    const sound = await parquetImages(write('plain-blocks.parquet', (plain) => Buffer.concat([
      Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]),
      zstdFrame([plain.subarray(0, 500), plain.subarray(500)].map((content) => ({ kind: 0, size: content.length, content }))),
    ])));
    const image = await sound.read(0);
    expect(image.kind === 'encoded' && [...image.bytes]).toEqual(new Array<number>(1000).fill(7));
    await sound.close?.();
  });

  it('never fails otherwise than with an Error that names the file (fuzz)', async () => {
    const sound = [readFileSync(hub), readFileSync(plain)];
    const path = join(folder, 'fuzz.parquet');
    for (let round = 0; round < 200; round += 1) {
      const content = Buffer.from(sound[round % 2]!);
      for (let k = 0; k <= round % 4; k += 1) content[(round * 7919 + k * 104729) % content.length] = (round * 31 + k * 7) % 256;
      writeFileSync(path, round % 10 === 9 ? content.subarray(0, (round * 613) % content.length) : content);
      const data: unknown = await parquetImages(path).catch((error: unknown) => error);
      if (data instanceof Error) {
        expect(isSslError(data), String(data)).toBe(true);
        continue;
      }
      const opened = data as Dataset;
      for (let index = 0; index < Math.min(opened.size, 10); index += 3) {
        const image: unknown = await opened.read(index).catch((error: unknown) => error);
        expect(image instanceof Error || typeof image === 'object').toBe(true);
      }
      await opened.close?.();
    }
  });
});
