import { describe, expect, it } from 'vitest';
import { decodeImage, type DecodeOptions } from './decode-image.js';

interface TiffTags {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly samples?: number;
  /** 1 without sign, 2 signed, 3 floating point, 6 complex. */
  readonly format?: number;
  /** 0 white is zero, 1 black is zero, 2 RGB, 5 CMYK, 8 CIE Lab. */
  readonly photometric?: number;
  readonly extra?: readonly number[];
  readonly planar?: number;
  readonly more?: readonly (readonly [tag: number, values: readonly number[]])[];
}

/** A TIFF without compression, in one strip for each plane. */
function tiff(data: { readonly buffer: ArrayBufferLike }, { width, height, bits, samples = 1, format, photometric = 1, extra, planar = 1, more = [] }: TiffTags): Buffer {
  const body = Buffer.from(data.buffer);
  const planes = planar === 2 ? samples : 1;
  const strips = Array.from({ length: planes }, (_, plane) => 8 + (plane * body.length) / planes);
  const tags: (readonly [number, readonly number[]])[] = [
    [256, [width]], [257, [height]], [258, Array.from({ length: samples }, () => bits)], [259, [1]], [262, [photometric]], [273, strips],
    [277, [samples]], [278, [height]], [279, strips.map(() => body.length / planes)], [284, [planar]],
    ...(extra === undefined ? [] : [[338, extra] as const]), ...(format === undefined ? [] : [[339, Array.from({ length: samples }, () => format)] as const]), ...more,
  ];
  tags.sort(([a], [b]) => a - b);
  const at = 8 + body.length;
  const directory = Buffer.alloc(2 + 12 * tags.length + 4);
  directory.writeUInt16LE(tags.length, 0);
  const rest: Buffer[] = [];
  let next = at + directory.length;
  for (const [i, [tag, values]] of tags.entries()) {
    const entry = 2 + 12 * i;
    directory.writeUInt16LE(tag, entry);
    directory.writeUInt16LE(4, entry + 2); // 32 bits
    directory.writeUInt32LE(values.length, entry + 4);
    const payload = Buffer.alloc(4 * values.length);
    for (const [k, value] of values.entries()) payload.writeUInt32LE(value, 4 * k);
    if (values.length === 1) payload.copy(directory, entry + 8);
    else {
      directory.writeUInt32LE(next, entry + 8);
      rest.push(payload);
      next += payload.length;
    }
  }
  const start = Buffer.alloc(8);
  start.write('II*\0', 'latin1');
  start.writeUInt32LE(at, 4);
  return Buffer.concat([start, body, directory, ...rest]);
}

const row = { width: 3, height: 1 };
const decode = (bytes: Uint8Array, options: DecodeOptions = {}) => decodeImage({ kind: 'encoded', bytes }, options);
const values = async (bytes: Uint8Array, options: DecodeOptions = {}) => [...(await decode(bytes, options)).pixels];

describe('the values of a TIFF', () => {
  it.each([
    ['floating point to 1', tiff(Float32Array.of(0, 0.5, 1), { ...row, bits: 32, format: 3 }), [0, 128, 255]],
    ['floating point to 255', tiff(Float32Array.of(0, 128, 255), { ...row, bits: 32, format: 3 }), [0, 128, 255]],
    ['64 bits of floating point', tiff(Float64Array.of(0, 0.5, 1), { ...row, bits: 64, format: 3 }), [0, 128, 255]],
    ['16 bits of floating point', tiff(Uint16Array.of(0, 0x3800, 0x3c00), { ...row, bits: 16, format: 3 }), [0, 128, 255]],
    ['8 signed bits', tiff(Int8Array.of(0, 100, 127), { ...row, bits: 8, format: 2 }), [0, 100, 127]],
    ['32 bits within 255', tiff(Uint32Array.of(0, 100, 255), { ...row, bits: 32, format: 1 }), [0, 100, 255]],
    ['16 bits', tiff(Uint16Array.of(0, 32_896, 65_535), { ...row, bits: 16 }), [0, 128, 255]],
    ['12 of 16 bits that MaxSampleValue declares', tiff(Uint16Array.of(0, 2056, 4095), { ...row, bits: 16, more: [[281, [4095]]] }), [0, 128, 255]],
    ['16 bits whose largest value is 4000', tiff(Uint16Array.of(0, 2056, 4000), { ...row, bits: 16, more: [[281, [4000]]] }), [0, 8, 15]],
    ['12 packed bits', tiff(Uint8Array.of(0x00, 0x08, 0x08, 0xff, 0xf0), { ...row, bits: 12 }), [0, 128, 255]],
    ['floating point where white is zero', tiff(Float32Array.of(0, 0.5, 1), { ...row, bits: 32, format: 3, photometric: 0 }), [255, 127, 0]],
    ['16 bits where white is zero', tiff(Uint16Array.of(0, 32_896, 65_535), { ...row, bits: 16, photometric: 0 }), [255, 126, 0]],
  ] as const)('%s', async (_, bytes, expected) => {
    for (const [at, value] of (await values(bytes, { channels: 1 })).entries()) expect(Math.abs(value - expected[at]!)).toBeLessThanOrEqual(1);
  });

  it.each([
    ['floating point to 3000', tiff(Float32Array.of(0, 1500, 3000), { ...row, bits: 32, format: 3 }), 'its float32 values go from 0 to 3000', [0, 3000]],
    ['floating point from -1', tiff(Float32Array.of(-1, 0, 1), { ...row, bits: 32, format: 3 }), 'ssl train --range -1,1 (option range', [-1, 1]],
    ['32 bits', tiff(Int32Array.of(0, 32_768, 65_535), { ...row, bits: 32, format: 2 }), 'its int32 values go from 0 to 65535', [0, 65_535]],
    ['signed values', tiff(Int16Array.of(-2000, 0, 2000), { ...row, bits: 16, format: 2 }), 'its int16 values go from -2000 to 2000', [-2000, 2000]],
    ['12 of 16 bits', tiff(Uint16Array.of(0, 2048, 4095), { ...row, bits: 16 }), undefined, [0, 4095]],
  ] as const)('%s: nothing is guessed, and a range mends it', async (_, bytes, message, range) => {
    if (message !== undefined) await expect(values(bytes)).rejects.toThrow(message);
    else expect((await values(bytes))[2]).toBeLessThanOrEqual(16);
    const [black, middle, white] = await values(bytes, { range });
    expect([black, white]).toEqual([0, 255]);
    expect(Math.abs(middle! - 127.5)).toBeLessThan(1);
  });

  it.each([
    ['NaN', tiff(Float32Array.of(0, NaN, 1), { ...row, bits: 32, format: 3 }), 'it holds NaN'],
    ['complex numbers', tiff(Float32Array.of(0, 1, 2, 3, 4, 5), { ...row, bits: 64, format: 6 }), 'complex numbers. Convert'],
    ['64-bit whole numbers', tiff(BigInt64Array.of(0n, 1n, 2n), { ...row, bits: 64, format: 2 }), 'int64'],
    ['CIE Lab', tiff(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), { ...row, bits: 8, samples: 3, photometric: 8 }), 'CIE Lab'],
    ['a raw photo', tiff(Uint8Array.of(1, 2, 3), { ...row, bits: 8, more: [[50_706, [1]]] }), 'a raw photo (DNG)'],
    ['a cut file', tiff(Float32Array.of(0, 0.5, 1), { ...row, bits: 32, format: 3 }).subarray(0, 60), 'damaged or cut off'],
    ['a huge claim', tiff(Float32Array.of(0), { width: 60_000, height: 60_000, bits: 32, format: 3 }), 'over the limit'],
  ] as const)('refuses %s in words', async (_, bytes, message) => {
    await expect(values(bytes, { channels: 3 })).rejects.toThrow(message);
  });
});

describe('the bands of a TIFF', () => {
  const two = { width: 2, height: 1 };
  const five = tiff(Uint8Array.of(10, 20, 30, 40, 50, 11, 21, 31, 41, 51), { ...two, bits: 8, samples: 5, photometric: 2, extra: [0, 0] });
  const thirteen = tiff(Uint16Array.from({ length: 26 }, (_, i) => i * 256), { ...two, bits: 16, samples: 13, extra: Array.from({ length: 12 }, () => 0) });

  it('beyond RGB: three channels are the colour, five are all', async () => {
    expect(await values(five, { channels: 3 })).toEqual([10, 20, 30, 11, 21, 31]);
    expect(await values(five, { channels: 5 })).toEqual([10, 20, 30, 40, 50, 11, 21, 31, 41, 51]);
    expect((await decode(five)).stored).toEqual({ bands: 5, range: [0, 255], pages: 1 });
    expect((await decode(five, { channels: 5, size: 4 })).pixels).toHaveLength(4 * 4 * 5);
  });

  it('without colour: the message says how many there are and what to type', async () => {
    await expect(decode(thirteen, { channels: 3 })).rejects.toThrow(/3 channels were asked for, the images have 13 \(bands\).*--channels 13 \(option channels/);
    expect(await values(thirteen, { channels: 13 })).toEqual(Array.from({ length: 26 }, (_, i) => i));
    await expect(decode(five, { channels: 4 })).rejects.toThrow('the images have 5');
  });

  it('a fourth: near infrared unless it is said to be alpha, and by its number in any case', async () => {
    const rgbn = (extra: number) => tiff(Uint8Array.of(10, 20, 30, 0, 11, 21, 31, 255), { ...two, bits: 8, samples: 4, photometric: 2, extra: [extra] });
    expect(await values(rgbn(0), { channels: 3 })).toEqual([10, 20, 30, 11, 21, 31]);
    expect(await values(rgbn(2), { channels: 3 })).toEqual([255, 255, 255, 11, 21, 31]); // transparent, on white
    for (const extra of [0, 2]) expect(await values(rgbn(extra), { channels: 4 })).toEqual([10, 20, 30, 0, 11, 21, 31, 255]);
  });

  it('in planes, and CMYK', async () => {
    const planes = tiff(Uint8Array.of(10, 11, 20, 21, 30, 31, 40, 41, 50, 51), { ...two, bits: 8, samples: 5, planar: 2, extra: [0, 0, 0, 0] });
    expect(await values(planes, { channels: 5 })).toEqual([10, 20, 30, 40, 50, 11, 21, 31, 41, 51]);
    const ink = tiff(Uint8Array.of(0, 255, 255, 0, 0, 0, 0, 128), { ...two, bits: 8, samples: 4, photometric: 5 });
    expect(await values(ink, { channels: 3 })).toEqual([255, 0, 0, 127, 127, 127]);
  });

  it('turned as the orientation says, also where libvips does not read them', async () => {
    const upright = tiff(Float32Array.of(0, 0.2, 0.4, 0.6, 0.8, 1), { width: 3, height: 2, bits: 32, format: 3, more: [[274, [6]]] });
    const image = await decode(upright);
    expect([image.width, image.height, [...image.pixels]]).toEqual([2, 3, [153, 0, 204, 51, 255, 102]]);
  });
});
