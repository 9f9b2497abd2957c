import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeImage, evaluationBatches } from '@ssl/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { methods } from '@ssl/contrastive';
import { Command } from 'commander';
import sharp from 'sharp';
import { checkConfig } from '../config/check-config.js';
import { addConfigOptions, configFromOptions } from '../program/config-options.js';
import type { AnyPlugin } from '../methods/plugins-of.js';
import { createOutput } from '../progress/output.js';
import { memoryStreams } from '../testing/memory-output.js';
import { writeImages } from '../testing/test-images.js';
import { UsageError } from '../usage-error.js';
import { absoluteData, dataOptions, nameClash, openData, openRunData } from './open-data.js';

let folder = '';
const plugin = methods.find(({ name }) => name === 'simclr') as unknown as AnyPlugin;
const output = createOutput({}, memoryStreams(false));
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-open-data-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A CIFAR-10 binary: five files of one image for training, one of two images for the test. */
function writeCifar(path: string): void {
  mkdirSync(path);
  const image = (label: number): Buffer => Buffer.concat([Buffer.of(label), Buffer.alloc(3072, label)]);
  for (let i = 1; i <= 5; i++) writeFileSync(join(path, `data_batch_${String(i)}.bin`), image(i));
  writeFileSync(join(path, 'test_batch.bin'), Buffer.concat([image(8), image(9)]));
}

/** A grey TIFF of 16 bits without compression. */
function tiff(side: number, values: Uint16Array): Buffer {
  const tags: readonly (readonly [number, number])[] = [[256, side], [257, side], [258, 16], [259, 1], [262, 1], [273, 8], [277, 1], [278, side], [279, values.byteLength]];
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length, 0);
  for (const [i, [tag, value]] of tags.entries()) {
    const at = 2 + 12 * i;
    directory.writeUInt16LE(tag, at);
    directory.writeUInt16LE(4, at + 2); // of 32 bits
    directory.writeUInt32LE(1, at + 4);
    directory.writeUInt32LE(value, at + 8);
  }
  const header = Buffer.from('II*\0\0\0\0\0', 'latin1');
  header.writeUInt32LE(8 + values.byteLength, 4);
  return Buffer.concat([header, Buffer.from(values.buffer), directory]);
}

test('the part of a set that is asked for', async () => {
  writeCifar(join(folder, 'cifar'));
  const train = await openData('cifar10:cifar', { folder, output, ...dataOptions({ split: 'train' }) });
  const held = await openData('cifar10:cifar', { folder, output, ...dataOptions({ split: 'test' }) });
  expect([...(train.labels ?? [])]).toEqual([1, 2, 3, 4, 5]);
  expect([...(held.labels ?? [])]).toEqual([8, 9]);
});

test('a run keeps only what was asked for', () => {
  expect(dataOptions({})).toEqual({});
  expect(dataOptions({ split: 'test', background: 'random' })).toEqual({ split: 'test', background: 'random' });
  expect(absoluteData('cifar10:cifar', '/here')).toBe('cifar10:/here/cifar');
});

test('several sources are mixed by their weights, through flags and files, and a run opens them again', async () => {
  writeCifar(join(folder, 'first'));
  mkdirSync(join(folder, 'second'));
  for (const name of ['a', 'b']) await writeImages(join(folder, 'second', name), 1);
  const command = addConfigOptions(new Command(), plugin);
  command.parse(['--data', 'cifar10:first', '--data', 'second', '--data-weights', '0.25,0.75'], { from: 'user' });
  const config = configFromOptions(command, plugin);
  expect(config).toEqual({ data: ['cifar10:first', 'second'], dataWeights: [0.25, 0.75] });
  expect(checkConfig(config, 'ssl.config.ts')).toEqual(config);
  const mixed = await openData(config.data!, { folder, output, ...dataOptions(config) });
  const names = Array.from({ length: mixed.size }, (_, index) => mixed.describe(index));
  const ofSecond = names.filter((name) => name.includes('image-0.png'));
  expect([mixed.size, ofSecond.length, new Set(names).size]).toEqual([20, 15, 7]); // the five of the first once, the two of the second 15 times
  expect(mixed.classes?.slice(-2)).toEqual(['a', 'b']);
  const description = { data: absoluteData(config.data!, folder), ...dataOptions(config) };
  expect(description.data).toEqual([`cifar10:${join(folder, 'first')}`, join(folder, 'second')]);
  expect((await openRunData(description, {}, { folder: '/elsewhere', output })).size).toBe(20);
  expect((await openRunData(description, { data: 'second' }, { folder, output })).size).toBe(2); // weights are those of the run's images
  expect((await openData(config.data!, { folder, output })).size).toBe(7); // without weights one after the other
});

test('the background shows through transparent pictures, in half where they are half transparent', async () => {
  mkdirSync(join(folder, 'clear'));
  const pixels = Buffer.from([200, 100, 0, 0, 200, 100, 0, 128, 200, 100, 0, 255, 200, 100, 0, 255]); // clear, half, solid, solid
  for (const name of ['a', 'b', 'c']) await sharp(pixels, { raw: { width: 2, height: 2, channels: 4 } }).png().toFile(join(folder, 'clear', `${name}.png`));
  const read = async (background?: 'white' | 'black' | 'random'): Promise<number[][]> => {
    const dataset = await openData('clear', { folder, output, ...dataOptions(background === undefined ? {} : { background }) });
    const images: number[][] = [];
    for await (const batch of evaluationBatches(dataset, { size: 2, channels: 3, batchSize: 1 })) images.push([...batch.pixels]);
    return images;
  };
  const solid = [200, 100, 0, 200, 100, 0];
  const close = (image: readonly number[] | undefined, expected: readonly number[]): void => {
    expect(image).toHaveLength(expected.length);
    expect(Math.max(...expected.map((value, at) => Math.abs(value - (image?.[at] ?? NaN))))).toBeLessThanOrEqual(1);
  };
  for (const image of await read('black')) close(image, [0, 0, 0, 100, 50, 0, ...solid]);
  for (const image of await read('white')) close(image, [255, 255, 255, 227, 177, 127, ...solid]);
  expect(await read()).toEqual(await read('white'));
  const random = await read('random');
  expect(new Set(random.map((image) => String(image.slice(0, 3)))).size).toBe(3); // a colour for each picture, the same each time
  for (const image of random) close(image, [...image.slice(0, 3), ...[200, 100, 0].map((value, at) => (value + (image[at] ?? NaN)) / 2), ...solid]);
  expect(await read('random')).toEqual(random);
});

test('weights that do not fit the sources are refused', async () => {
  mkdirSync(join(folder, 'alone'));
  await writeImages(join(folder, 'alone'), 2);
  await expect(openData(['alone', 'alone'], { folder, output, dataWeights: [1, 2, 3] })).rejects.toThrow(/--data-weights needs one number for each --data, got 3 for 2: 1,2,3 for alone, alone\. Write --data/);
  await expect(openData('alone', { folder, output, dataWeights: [1, 2] })).rejects.toThrow(UsageError);
  expect(() => checkConfig({ data: ['a', 'b'], dataWeights: [1, -2] }, 'ssl.config.ts')).toThrow(/'dataWeights\.1': needs more than 0, got -2/);
  const command = addConfigOptions(new Command(), plugin).exitOverride().configureOutput({ writeErr: () => undefined });
  expect(() => command.parse(['--data-weights', '0.5,many'], { from: 'user' })).toThrow(/must be a number/);
});

test('TIFF of 16 bits, and arrays of five channels, come with the channels that were asked for', async () => {
  mkdirSync(join(folder, 'scans'));
  const deep = Uint16Array.from({ length: 12 * 12 }, (_, i) => 400 * i);
  for (const name of ['a', 'b']) writeFileSync(join(folder, 'scans', `${name}.tiff`), tiff(12, deep));
  const scans = await openData('scans', { folder, output });
  const image = await decodeImage(await scans.read(0), { depth: 16 });
  expect([image.channels, image.pixels[143]]).toEqual([1, deep[143]]);
  for await (const { shape, pixels } of evaluationBatches(scans, { size: 12, channels: 1, batchSize: 2 })) {
    expect(shape).toEqual([2, 12, 12, 1]);
    expect(Math.abs((pixels[143] ?? NaN) - (deep[143] ?? NaN) / 257)).toBeLessThanOrEqual(1);
  }
  const header = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 4, 4, 5), }".padEnd(117) + '\n';
  writeFileSync(join(folder, 'five.npy'), Buffer.concat([Buffer.from('\x93NUMPY\x01\x00', 'latin1'), Buffer.of(header.length, 0), Buffer.from(header), Buffer.from(Uint8Array.from({ length: 160 }, (_, i) => i))]));
  const five = await openData('five.npy', { folder, output });
  expect([five.size, five.channels]).toEqual([2, 5]);
  for await (const { shape, pixels } of evaluationBatches(five, { size: 4, channels: 5, batchSize: 2 })) {
    expect(shape).toEqual([2, 4, 4, 5]);
    expect([...pixels.subarray(80, 85)]).toEqual([80, 81, 82, 83, 84]);
  }
});

/** What a command that opens these data prints. */
async function said(spec: string, flags: Parameters<typeof createOutput>[0] = {}): Promise<{ text: string; errors: string; classes: readonly string[] | undefined }> {
  const streams = memoryStreams(false);
  const dataset = await openData(spec, { folder, output: createOutput(flags, streams) });
  return { text: streams.text(), errors: streams.errors(), classes: dataset.classes };
}

test('what was passed over is said once, with count and reason: to people, with --quiet, and as an event', async () => {
  await writeImages(join(folder, 'mixed', 'cat'), 2);
  await writeImages(join(folder, 'mixed', 'dog'), 1);
  mkdirSync(join(folder, 'mixed', 'fox'));
  for (const name of ['cat/1.cr2', 'cat/2.cr2', 'dog/a.psd', 'readme.txt', 'Thumbs.db']) writeFileSync(join(folder, 'mixed', name), 'x');
  const people = await said('mixed');
  expect(people.text).toBe('  mixed: fox beside the classes: no image in it\n  2 classes: cat 2, dog 1\n');
  expect(people.errors).toBe(
    'Not taken from mixed:\n' +
      '  2 .cr2 files: camera raw, not read; develop to .jpg or .tif first (darktable-cli, dcraw, rawpy). First: cat/1.cr2, cat/2.cr2\n' +
      '  1 .psd file: drawing of a program, not read; export to .png first. dog/a.psd\n',
  );
  expect(await said('mixed', { quiet: true })).toMatchObject({ text: '', errors: people.errors });
  const event = JSON.parse((await said('mixed', { json: true })).text) as { event: string; images: number; classes: unknown; notes: string[]; passedOver: { count: number; what: string }[] };
  expect(event).toMatchObject({ event: 'data', name: 'mixed', images: 3, classes: [{ name: 'cat', images: 2 }, { name: 'dog', images: 1 }] });
  expect(event.passedOver.map(({ count, what }) => `${String(count)} ${what}`)).toEqual(['2 .cr2 file', '1 .psd file', '1 .db file', '1 .txt file']);
  await writeImages(join(folder, 'plain'), 2);
  expect(await said('plain')).toEqual({ text: '', errors: '', classes: undefined });
});

test('parts are no classes: all are used, and the commands that keep one for the test are named', async () => {
  for (const name of ['train/cat', 'train/dog', 'val/cat', 'val/dog']) await writeImages(join(folder, 'parts', name), 1);
  const { text, classes } = await said('./parts/');
  expect(classes).toEqual(['cat', 'dog']);
  expect(text).toContain('parts: all of train (2 images), val (2 images) is used; they are parts, not classes. To keep val for the test: ');
  expect(text).toContain(' train --data ./parts/train, then ');
  expect(text).toContain(' eval RUN --data ./parts/val\n  2 classes: cat 2, dog 2\n');
  expect((await openData('parts', { folder, output, labels: true })).classes).toEqual(['train', 'val']);
  for (const name of ['train/cat', 'train/dog', 'val', 'test/cat', 'test/dog']) await writeImages(join(folder, 'kaggle', name), 1);
  expect((await said('kaggle')).text).toMatch(/To keep test for the test: .*--data kaggle\/test\n {2}2 classes: cat 2, dog 2; 1 image without a class\n/);
  rmSync(join(folder, 'kaggle', 'test'), { recursive: true });
  expect((await said('kaggle')).text).toMatch(/To train on train alone: .* train --data kaggle\/train\n/); // nothing to test with in val
  expect((await said('parts/val')).classes).toEqual(['cat', 'dog']);
});

test('a name that means two things is taken for the built-in set or the format, and said', () => {
  mkdirSync(join(folder, 'emoji'));
  mkdirSync(join(folder, 'idx:x'));
  expect(nameClash('emoji', folder)).toBe('Note: emoji means the built-in set. What lies here under the same name is not used; write ./emoji for it.');
  expect(nameClash('idx:x', folder)).toBe('Note: idx:x means the format idx and the path x. What lies here under the whole name is not used; write ./idx:x for it.');
  for (const spec of ['mnist', './emoji', 'folder:emoji', 'idx:y', join(folder, 'emoji')]) expect(nameClash(spec, folder)).toBeUndefined();
  expect(absoluteData('./emoji', folder)).toBe(join(folder, 'emoji'));
  expect(absoluteData('./idx:x', folder)).toBe(join(folder, 'idx:x'));
});
