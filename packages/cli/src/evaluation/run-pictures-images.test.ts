import { useBackend } from '@ssl/backend';
import type { Dataset } from '@ssl/data';
import { mkdtempSync, rmSync } from 'node:fs';
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
