import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.js';
import { orientPixels } from './orient-pixels.js';
import { resizeBilinear } from './resize-bilinear.js';

interface Case {
  readonly width: number;
  readonly height: number;
  readonly size: number;
  readonly pixels: readonly number[];
  readonly expected: readonly number[];
}

// Made by tools/golden/data-resize.py with PIL, whose bilinear filter is torchvision's.
const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, '__fixtures__', 'resize.json'), 'utf8')) as { cases: readonly Case[] };

function differences(a: ArrayLike<number>, b: readonly number[]): { readonly largest: number; readonly mean: number } {
  const all = b.map((value, i) => Math.abs((a[i] ?? 999) - value));
  return { largest: Math.max(...all), mean: all.reduce((sum, value) => sum + value, 0) / all.length };
}

describe('squares', () => {
  it.each(cases)('are those of PIL: $width x $height to $size', async ({ width, height, size, pixels, expected }) => {
    const raw = Uint8Array.from(pixels);
    const png = await sharp(raw, { raw: { width, height, channels: 3 } }).png().toBuffer();
    const sources = [{ kind: 'raw', pixels: raw, width, height, channels: 3 } as const, { kind: 'encoded', bytes: png } as const];
    for (const source of sources) {
      const square = await decodeImage(source, { size });
      expect(square.pixels).toHaveLength(size * size * 3);
      const { largest, mean } = differences(square.pixels, expected);
      expect(largest).toBeLessThanOrEqual(1);
      expect(mean).toBeLessThan(0.5);
    }
  });

  // Sides that no factor divides: libvips leaves the rest out when it decodes a JPEG at an eighth, a quarter or a half.
  it.each([
    [511, 387, 16, [1, 2, 3, 4, 5, 6, 7, 8]], // a quarter
    [375, 300, 32, [1, 6]], // a half
    [1200, 900, 32, [1]],
    [907, 903, 130, [1, 3]], // above the side up to which all goes in two steps
  ] as const)('of a JPEG of %i x %i at %i are those of its pixels, whatever its orientation', async (width, height, size, orientations) => {
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
      return 127 + 60 * Math.sin((x * (2 + (at % 3)) * 9) / width) + 60 * Math.cos((y / height) * 17 + x / 200);
    });
    const quality = { quality: 98, chromaSubsampling: '4:4:4' };
    const jpeg = await sharp(pixels, { raw: { width, height, channels: 3 } }).jpeg(quality).toBuffer();
    const square = resizeBilinear({ pixels: await sharp(jpeg).raw().toBuffer(), width, height, channels: 3 }, size, size);
    for (const orientation of orientations) {
      const turned = await sharp(jpeg).withMetadata({ orientation }).jpeg(quality).toBuffer();
      const expected = orientPixels({ pixels: square, width: size, height: size, channels: 3 }, orientation);
      const { mean, largest } = differences((await decodeImage({ kind: 'encoded', bytes: turned }, { size })).pixels, [...expected.pixels]);
      expect(mean, `orientation ${orientation}`).toBeLessThan(1);
      expect(largest, `orientation ${orientation}`).toBeLessThanOrEqual(4);
    }
  });

  it('are coarser and quicker where they need not be exact', async () => {
    const jpeg = await sharp(Uint8Array.from({ length: 900 * 700 * 3 }, (_, at) => ((at % 2700) / 10) % 256), { raw: { width: 900, height: 700, channels: 3 } }).jpeg().toBuffer();
    const [exact, quick] = await Promise.all([true, false].map((wanted) => decodeImage({ kind: 'encoded', bytes: jpeg }, { size: 16, exact: wanted })));
    expect(quick!.pixels).toHaveLength(16 * 16 * 3);
    expect(quick!.pixels).not.toEqual(exact!.pixels);
  });

  it('keep 16 bits and any number of channels apart', async () => {
    for (const [size, width] of [[4, 8], [12, 6]] as const) {
      for (const channels of [1, 2, 3, 4, 6]) {
        const wide = Uint16Array.from({ length: width * width * channels }, (_, i) => 1000 * (i % channels) + 300);
        const square = await decodeImage({ kind: 'raw', pixels: wide, width, height: width, channels }, { size, depth: 16 });
        expect(square.pixels).toEqual(Uint16Array.from({ length: size * size * channels }, (_, i) => 1000 * (i % channels) + 300));
        const narrow = await decodeImage({ kind: 'raw', pixels: Uint8Array.from(wide, (value) => value / 256), width, height: width, channels }, { size });
        expect([...narrow.pixels.subarray(0, channels)]).toEqual(Array.from({ length: channels }, (_, c) => Math.floor((1000 * c + 300) / 256)));
      }
    }
  });

  it('are cut or padded in the middle also when the image is enlarged', async () => {
    const pixels = Uint8Array.from([10, 20, 30, 40, 50, 60, 70, 80]); // 4 x 2
    const source = { kind: 'raw', pixels, width: 4, height: 2, channels: 1 } as const;
    const covered = await decodeImage(source, { size: 4, fit: 'cover' });
    expect([covered.pixels[0], covered.pixels[3], covered.pixels[12], covered.pixels[15]]).toEqual([20, 30, 60, 70]);
    const contained = await decodeImage(source, { size: 8, fit: 'contain', background: [255, 255, 255] });
    expect([contained.pixels[0], contained.pixels[16], contained.pixels[23], contained.pixels[63]]).toEqual([255, 10, 40, 255]);
  });

  it('are made of a strip without making it huge first', async () => {
    const strip = await sharp({ create: { width: 30_000, height: 1, channels: 3, background: '#123456' } }).png().toBuffer();
    for (const fit of ['squeeze', 'cover', 'contain'] as const) {
      const { pixels } = await decodeImage({ kind: 'encoded', bytes: strip }, { size: 64, fit });
      expect(pixels).toHaveLength(64 * 64 * 3);
    }
  });
});
