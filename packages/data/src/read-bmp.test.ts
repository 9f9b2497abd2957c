import { describe, expect, it } from 'vitest';
import { decodeImage, type DecodeOptions } from './decode-image.js';

interface BmpParts {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly compression?: number;
  /** Blue, green, red, 0 of each colour. */
  readonly palette?: readonly number[];
  readonly masks?: readonly number[];
  /** 40, or 108 with the masks inside. */
  readonly header?: number;
  readonly data: readonly number[];
}

function bmp({ width, height, bits, compression = 0, palette = [], masks = [], header = 40, data }: BmpParts): Buffer {
  const info = Buffer.alloc(header + (header === 40 ? 4 * masks.length : 0));
  info.writeUInt32LE(header, 0);
  info.writeInt32LE(width, 4);
  info.writeInt32LE(height, 8);
  info.writeUInt16LE(1, 12);
  info.writeUInt16LE(bits, 14);
  info.writeUInt32LE(compression, 16);
  info.writeUInt32LE(palette.length / 4, 32);
  for (const [at, mask] of masks.entries()) info.writeUInt32LE(mask, 40 + 4 * at);
  const start = Buffer.alloc(14);
  start.write('BM');
  start.writeUInt32LE(14 + info.length + palette.length, 10);
  return Buffer.concat([start, info, Buffer.from(palette), Buffer.from(data)]);
}

const values = async (bytes: Uint8Array, options: DecodeOptions = {}) => [...(await decodeImage({ kind: 'encoded', bytes }, { channels: 3, ...options })).pixels];
const [red, blue, white] = [[255, 0, 0], [0, 0, 255], [255, 255, 255]];
const palette = [0, 0, 255, 0, 255, 0, 0, 0, 255, 255, 255, 0]; // red, blue, white

describe('a BMP', () => {
  it.each([
    ['24 bits, rows from the bottom', { width: 1, height: 2, bits: 24, data: [255, 0, 0, 0, 0, 0, 255, 0] }, [red, blue]],
    ['24 bits, rows from the top', { width: 1, height: -2, bits: 24, data: [0, 0, 255, 0, 255, 0, 0, 0] }, [red, blue]],
    ['32 bits without alpha', { width: 2, height: 1, bits: 32, data: [0, 0, 255, 0, 255, 0, 0, 0] }, [red, blue]],
    ['1 bit', { width: 3, height: 1, bits: 1, palette: palette.slice(0, 8), data: [0b010_00000, 0, 0, 0] }, [red, blue, red]],
    ['4 bits', { width: 3, height: 1, bits: 4, palette, data: [0x01, 0x20, 0, 0] }, [red, blue, white]],
    ['8 bits', { width: 3, height: 1, bits: 8, palette, data: [0, 1, 2, 0] }, [red, blue, white]],
    ['an index beyond the palette', { width: 1, height: 1, bits: 8, palette, data: [9, 0, 0, 0] }, [[0, 0, 0]]],
    ['16 bits', { width: 2, height: 1, bits: 16, data: [0x00, 0x7c, 0x1f, 0x00] }, [red, blue]],
    ['16 bits with masks', { width: 2, height: 1, bits: 16, compression: 3, masks: [0xf800, 0x7e0, 0x1f], data: [0x00, 0xf8, 0x1f, 0x00] }, [red, blue]],
    ['runs of 8 bits', { width: 4, height: 2, bits: 8, compression: 1, palette, data: [3, 0, 1, 1, 0, 0, 0, 4, 2, 2, 1, 1, 0, 1] }, [white, white, blue, blue, red, red, red, blue]],
    ['runs of 4 bits, with a jump', { width: 3, height: 1, bits: 4, compression: 2, palette, data: [1, 0x10, 0, 2, 1, 0, 1, 0x20, 0, 1] }, [blue, red, white]],
  ] as const)('of %s', async (_, parts, expected) => {
    expect(await values(bmp(parts))).toEqual(expected.flat());
  });

  it('with alpha in its masks lies on the background', async () => {
    const bytes = bmp({ width: 2, height: 1, bits: 32, compression: 3, header: 108, masks: [0xff0000, 0xff00, 0xff, 0xff000000], data: [0, 0, 255, 255, 0, 0, 255, 0] });
    expect(await values(bytes, { background: [1, 2, 3] })).toEqual([255, 0, 0, 1, 2, 3]);
  });

  it('of OS/2, and one of greys', async () => {
    const start = Buffer.alloc(26);
    start.write('BM');
    start.writeUInt32LE(26, 10);
    start.writeUInt32LE(12, 14);
    for (const [at, value] of [[18, 1], [20, 1], [22, 1], [24, 24]] as const) start.writeUInt16LE(value, at);
    expect(await values(Buffer.concat([start, Buffer.from([0, 0, 255, 0])]))).toEqual(red);
    const grey = await decodeImage({ kind: 'encoded', bytes: bmp({ width: 1, height: 1, bits: 8, palette: [7, 7, 7, 0], data: [0, 0, 0, 0] }) });
    expect([grey.channels, ...grey.pixels]).toEqual([1, 7]);
  });

  it('is refused in words where it is cut, huge or odd, and never crashes (fuzz)', async () => {
    const sound = bmp({ width: 4, height: 2, bits: 8, compression: 1, palette, data: [3, 0, 1, 1, 0, 0, 0, 4, 2, 2, 1, 1, 0, 1] });
    await expect(values(bmp({ width: 9, height: 9, bits: 24, data: [1, 2, 3] }))).rejects.toThrow('damaged or cut off: 9 rows of 28 bytes');
    await expect(values(bmp({ width: 60_000, height: 60_000, bits: 24, data: [1] }))).rejects.toThrow('over the limit');
    await expect(values(bmp({ width: 1, height: 1, bits: 24, compression: 4, data: [1, 2, 3, 4] }))).rejects.toThrow('compression 4');
    for (let round = 0; round < 400; round += 1) {
      const bytes = Buffer.from(round % 2 === 0 ? sound.subarray(0, (round * 7) % sound.length) : sound);
      for (let k = 0; k <= round % 3; k += 1) if (bytes.length > 2) bytes[2 + ((round * 31 + k * 17) % (bytes.length - 2))] = (round * 13 + k) % 256;
      const result: unknown = await decodeImage({ kind: 'encoded', bytes }, { channels: 3, pixelLimit: 1e6 }).catch((error: unknown) => error);
      expect(result instanceof RangeError || result instanceof TypeError, `round ${round}: ${String(result)}`).toBe(false);
    }
  });
});
