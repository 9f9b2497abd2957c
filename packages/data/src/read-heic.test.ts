import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';

interface Fixture {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly pixels: readonly number[];
}

// Made by tools/golden/data-heic.py with pillow-heif, which reads with libheif too.
const fixtures = JSON.parse(readFileSync(join(import.meta.dirname, '__fixtures__', 'heic.json'), 'utf8')) as Readonly<Record<'plain' | 'alpha', Fixture>>;

it.each(['plain', 'alpha'] as const)('reads a HEIC photo by its content: %s', async (name) => {
  const { file, width, height, pixels } = fixtures[name];
  const image = await decodeImage({ kind: 'encoded', bytes: Buffer.from(file, 'base64') }, { channels: 3 });
  expect([image.width, image.height]).toEqual([width, height]);
  for (const [at, value] of image.pixels.entries()) expect(Math.abs(value - pixels[at]!)).toBeLessThanOrEqual(3);
});

it('refuses a HEIC that is cut off, in words', async () => {
  const whole = Buffer.from(fixtures.plain.file, 'base64');
  for (const part of [0.3, 0.9]) {
    await expect(decodeImage({ kind: 'encoded', bytes: whole.subarray(0, Math.floor(whole.length * part)) })).rejects.toThrow('the HEIC file is damaged');
  }
});
