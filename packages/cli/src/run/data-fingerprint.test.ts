import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset, writePack, type Dataset } from '@ssl/data';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeImages } from '../testing/test-images.js';
import { fingerprintLimits, fingerprintOf, listImages, type ImageList } from './data-fingerprint.js';
import { imageChanges } from './image-changes.js';
import { nameBelowData } from './name-below-data.js';

function datasetOf(names: readonly string[], { labels, value = 0, broken = -1 }: { readonly labels?: readonly number[]; readonly value?: number; readonly broken?: number } = {}): Dataset {
  return {
    name: 'photos',
    size: names.length,
    channels: 3,
    ...(labels === undefined ? {} : { labels: Int32Array.from(labels), classes: ['a', 'b'] }),
    describe: (index) => names[index]!,
    read: (index) => (index === broken ? Promise.reject(new Error('broken')) : Promise.resolve({ kind: 'encoded', bytes: Uint8Array.of(index, value) })),
  };
}

test('the same images give the same fingerprint; another name, label or content another one', async () => {
  const of = async (...input: Parameters<typeof datasetOf>) => fingerprintOf(await listImages(datasetOf(...input), 'photos')).sha256;
  const names = ['1.png', '2.png', '3.png'];
  const first = await of(names);
  expect(await of([...names])).toBe(first);
  const others = [await of(['1.png', '2.png', '4.png']), await of(names.slice(1)), await of(names, { labels: [0, 1, 0] }), await of(names, { labels: [0, 1, 1] }), await of(names, { value: 1 }), await of(names, { broken: 2 })];
  expect(new Set([first, ...others]).size).toBe(7);
});

describe('a large set costs no more than a look at some of it', () => {
  const large = (more: Partial<Dataset>) => {
    const read = new Set<number>();
    let [stamps, names] = [0, 0];
    const dataset: Dataset = {
      ...datasetOf([]), size: 1_000_000,
      describe: (index) => (names++, String(index)),
      stamp: () => (stamps++, Promise.resolve('1')),
      read: (index) => (read.add(index), Promise.resolve({ kind: 'encoded', bytes: Uint8Array.of(index % 256) })),
      ...more,
    };
    return { dataset, counts: () => ({ read, stamps, names }) };
  };

  test('of single images', async () => {
    const { dataset, counts } = large({});
    expect(fingerprintOf(await listImages(dataset, 'x'))).toMatchObject({ images: 1_000_000, classes: 0 });
    const { read, stamps, names } = counts();
    expect(names).toBe(fingerprintLimits.names);
    expect(stamps).toBe(fingerprintLimits.stamps);
    expect(read.size).toBeLessThanOrEqual(fingerprintLimits.sampledContents + 8);
  });

  test('of pieces that are read as a whole', async () => {
    const length = 1000;
    const { dataset, counts } = large({ pieces: { starts: Float64Array.from({ length: 1000 }, (_, k) => k * length), window: 4 } });
    await listImages(dataset, 'x');
    expect(new Set([...counts().read].map((index) => Math.floor(index / length))).size).toBe(fingerprintLimits.pieces);
  });
});

describe('what changed is said', () => {
  let folder = '';
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ssl-images-'));
    await writeImages(join(folder, 'photos', 'a'), 3);
    await writeImages(join(folder, 'photos', 'b'), 2);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const list = async (spec: string, path = spec.replace(/^\w+:/, '')): Promise<ImageList> => {
    const dataset = await openDataset(spec.replace(path, join(folder, path)), { labels: spec === 'photos' });
    const images = await listImages(dataset, spec.replace(path, join(folder, path)));
    await dataset.close?.();
    return images;
  };
  const photo = (name: string): string => join(folder, 'photos', name);

  test.each<[string, () => Promise<void> | void, string]>([
    ['an image is added', () => writeImages(photo('b'), 3), '1 is new (b/image-2.png)'],
    ['images are gone', () => { rmSync(photo('a/image-1.png')); rmSync(photo('a/image-2.png')); }, '2 are gone (a/image-1.png, a/image-2.png)'],
    ['an image is renamed', () => { renameSync(photo('a/image-0.png'), photo('a/other.png')); }, '1 is new (a/other.png), 1 is gone (a/image-0.png)'],
    ['an image is another one', () => writeImages(photo('a'), 1, 8), '1 has another content (a/image-0.png)'],
    ['images change places', () => { renameSync(photo('a/image-0.png'), photo('x')); renameSync(photo('a/image-1.png'), photo('a/image-0.png')); renameSync(photo('x'), photo('a/image-1.png')); }, '2 have another content (a/image-0.png, a/image-1.png)'],
    ['nothing', () => undefined, ''],
  ])('in a folder: %s', async (_, change, said) => {
    const before = await list('photos');
    await change();
    expect(imageChanges(before, await list('photos')) ?? '').toBe(said);
  });

  test('moved data are the same', async () => {
    const before = await list('photos');
    renameSync(photo(''), join(folder, 'elsewhere'));
    const after = await listImages(await openDataset(join(folder, 'elsewhere'), { labels: true }), join(folder, 'elsewhere'));
    expect(imageChanges(before, after)).toBeUndefined();
    expect(fingerprintOf(after)).toEqual(fingerprintOf(before));
  });

  test('in a list: another class, another order', async () => {
    const lines = ['photos/a/image-0.png\tx', 'photos/a/image-1.png\ty', 'photos/b/image-1.png\tx'];
    const write = (text: readonly string[]) => { writeFileSync(join(folder, 'list.txt'), text.join('\n')); };
    write(lines);
    const before = await list('list:list.txt');
    expect(before.names[0]).toBe('photos/a/image-0.png');
    write([lines[0]!, lines[1]!.replace('y', 'x'), lines[2]!.replace('x', 'y')]);
    expect(imageChanges(before, await list('list:list.txt'))).toBe('2 have another class (photos/a/image-1.png, photos/b/image-1.png)');
    write([lines[1]!, lines[0]!, lines[2]!]);
    expect(imageChanges(before, await list('list:list.txt'))).toBe('they come in another order');
  });

  test('in arrays and packs', async () => {
    const npy = (value: number) => {
      const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 8, 8, 3), }".padEnd(117) + '\n';
      const pixels = Buffer.alloc(3 * 8 * 8 * 3, 7).fill(value, 8 * 8 * 3, 8 * 8 * 3 + 1);
      writeFileSync(join(folder, 'x.npy'), Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.from([header.length, 0]), Buffer.from(header), pixels]));
    };
    npy(7);
    const array = await list('x.npy');
    npy(8);
    expect(imageChanges(array, await list('x.npy'))).toBe('1 has another content ([1])');
    await writePack(await openDataset(photo('')), join(folder, 'p.sslpack'), { size: 8 });
    const pack = await list('p.sslpack');
    await writeImages(photo('b'), 1, 12);
    rmSync(join(folder, 'p.sslpack'));
    await writePack(await openDataset(photo('')), join(folder, 'p.sslpack'), { size: 8 });
    expect(imageChanges(pack, await list('p.sslpack'))).toBe('1 has another content ([3])');
  });

  test('beyond the limits the stamps tell, and the number', () => {
    const of = (stamps: readonly string[], size = 3): ImageList => ({ format: 'ssl-images/1', size, channels: 3, classes: [], names: ['a', 'b\u001b', 'c'].slice(0, stamps.length), labels: [-1, -1, -1], stamps, contents: ['', '', ''] });
    expect(imageChanges(of(['1', '2', '3']), of(['1', '5', '3']))).toBe('1 has another content (b?)');
    expect(imageChanges(of(['1', '2', '3'], 300), of(['1', '2', '3'], 301))).toBe('there are 301 instead of 300');
  });
});

test('names are those below what --data named', () => {
  expect(nameBelowData(['/d/photos'])('/d/photos/a/1.jpg')).toBe('a/1.jpg');
  expect(nameBelowData(['/d/photos'])('/d/photos2/1.jpg')).toBe('/d/photos2/1.jpg');
  expect(nameBelowData(['tar:/d/shards'])('/d/shards/0.tar:a.jpg')).toBe('0.tar:a.jpg');
  expect(nameBelowData(['/d/x.tar'])('/d/x.tar:a.jpg')).toBe(':a.jpg');
  expect(nameBelowData(['/d/s-{000..127}.tar'])('/d/s-003.tar:a.jpg')).toBe('s-003.tar:a.jpg');
  expect(nameBelowData(['/d/x.npy'])('/d/x.npy[3]')).toBe('[3]');
  expect(nameBelowData(['/d/photos', '/e/photos'])('/e/photos/1.jpg')).toBe('2:1.jpg');
  expect(nameBelowData(['emoji'])('noto:red-apple')).toBe('noto:red-apple');
});
