import { useBackend } from '@ssl/backend';
import type { Dataset } from '@ssl/data';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePack } from '@ssl/data';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOutput } from '../progress/output.js';
import { memoryStreams } from '../testing/memory-output.js';
import { pictureImages } from './run-pictures-images.js';

const folder = mkdtempSync(join(tmpdir(), 'ssl-picture-images-'));
beforeAll(() => useBackend({ device: 'js' }));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const output = createOutput({}, memoryStreams(false));
/** Grey images, each of its own brightness. */
const greys = (name: string, size: number, first: number): Dataset => ({
  name, size, channels: 3, describe: (index) => `${name} ${String(index)}`,
  read: (index) => Promise.resolve({ kind: 'raw', width: 8, height: 8, channels: 3, pixels: new Uint8Array(192).fill(first + index) }),
});
const description = { data: 'somewhere', imageSize: 8, channels: 3 };

test('the test part of data that has one, unless the run was trained on it', async () => {
  // CIFAR-10's files: a label and the planes of one image.
  const image = (value: number) => new Uint8Array(3073).fill(value, 1);
  for (const number of [1, 2, 3, 4, 5]) writeFileSync(join(folder, `data_batch_${String(number)}.bin`), image(10));
  writeFileSync(join(folder, 'test_batch.bin'), image(200));
  const cifar = { ...description, data: `cifar10:${folder}` };
  const shown = await pictureImages(cifar, greys('trained on', 4, 10), { output });
  expect([shown.images.shape[0], shown.images.pixels[0]]).toEqual([1, 200]);
  expect(shown.note).toMatch(/test part of CIFAR-10, which training did not see/);
  const seen = await pictureImages({ ...cifar, split: 'test' }, greys('trained on', 4, 10), { output });
  expect([seen.images.shape[0], seen.images.pixels[0]]).toEqual([4, 10]);
  expect(seen.note).toMatch(/^Images of the training/);
});

test('images at even distances of the training, and the note says that it saw them', async () => {
  const { images, names, note } = await pictureImages(description, greys('mine', 16, 0), { output });
  expect(Array.from({ length: 8 }, (_, i) => images.pixels[i * 192])).toEqual([0, 2, 4, 6, 8, 10, 12, 14]);
  expect(names[1]).toBe('mine 2');
  expect(note).toMatch(/^Images of the training.*--pictures/);
});

test("other images, those that the user names, and nothing of the training's", async () => {
  const other = join(folder, 'others.sslpack');
  await writePack(greys('others', 3, 100), other, { format: 'pixels', size: 8 });
  const { images, note } = await pictureImages(description, greys('mine', 16, 0), { other, output });
  expect([images.pixels[0], images.pixels[192], images.pixels[384]]).toEqual([100, 101, 102]);
  expect(note).toMatch(/^Images of .*others/);
});
