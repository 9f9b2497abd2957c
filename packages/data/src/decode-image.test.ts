import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, type DecodeOptions } from './decode-image.js';

const decode = (bytes: Uint8Array, options: DecodeOptions = {}) => decodeImage({ kind: 'encoded', bytes }, options);

/** Left half red, right half blue. */
const halves = (width = 40, height = 20, channels: 3 | 4 = 3) => {
  const pixels = Buffer.alloc(width * height * channels, 255);
  for (let i = 0; i < width * height; i += 1) {
    const left = i % width < width / 2;
    pixels.set(left ? [255, 0, 0] : [0, 0, 255], i * channels);
  }
  return sharp(pixels, { raw: { width, height, channels } });
};

const at = (image: { pixels: Uint8Array | Uint16Array; width: number; channels: number }, x: number, y: number) =>
  [...image.pixels.subarray((y * image.width + x) * image.channels, (y * image.width + x + 1) * image.channels)];

describe('decodeImage', () => {
  it.each(['png', 'jpeg', 'webp', 'tiff', 'gif', 'avif'] as const)('reads %s', async (format) => {
    const image = await decode(await halves().toFormat(format, { quality: 100 }).toBuffer());
    expect([image.width, image.height, image.channels, image.aspect]).toEqual([40, 20, 3, 2]);
    for (const [x, colour] of [[5, [255, 0, 0]], [35, [0, 0, 255]]] as const) {
      for (const [channel, value] of at(image, x, 10).entries()) expect(Math.abs(value - colour[channel]!)).toBeLessThan(12);
    }
  });

  it('draws SVG at the size asked for', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"><rect width="2" height="4" fill="#f00"/></svg>';
    const image = await decode(Buffer.from(svg), { size: 64, channels: 3 });
    expect([at(image, 30, 5), at(image, 33, 5)]).toEqual([[255, 0, 0], [255, 255, 255]]); // a sharp edge, on white
    expect(image.aspect).toBe(1);
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([Buffer.alloc(8 * 8 * 3, 255), Buffer.alloc(8 * 8 * 3, 0)]);
    const gif = await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } }).gif({ delay: [10, 10] }).toBuffer();
    expect((await sharp(gif).metadata()).pages).toBe(2);
    const image = await decode(gif, { channels: 3 });
    expect([image.width, image.height, at(image, 4, 4)]).toEqual([8, 8, [255, 255, 255]]);
  });

  it('squeezes, cuts or pads, and hands on the proportions of the original', async () => {
    const png = await halves().png().toBuffer();
    const squeezed = await decode(png, { size: 20 });
    expect([squeezed.width, squeezed.height, squeezed.aspect]).toEqual([20, 20, 2]);
    expect([at(squeezed, 1, 10), at(squeezed, 18, 10)]).toEqual([[255, 0, 0], [0, 0, 255]]);
    const contained = await decode(png, { size: 20, fit: 'contain', background: [1, 2, 3] });
    expect([at(contained, 3, 1), at(contained, 3, 10)]).toEqual([[1, 2, 3], [255, 0, 0]]);
    const covered = await decode(png, { size: 20, fit: 'cover' });
    expect([at(covered, 2, 0), at(covered, 17, 19), covered.aspect]).toEqual([[255, 0, 0], [0, 0, 255], 2]);
  });

  it('makes smaller with antialiasing: a fine pattern becomes its mean', async () => {
    const stripes = Buffer.from(Array.from({ length: 64 * 64 }, (_, i) => (i % 2) * 255));
    const png = await sharp(stripes, { raw: { width: 64, height: 64, channels: 1 } }).png().toBuffer();
    const image = await decode(png, { size: 8, channels: 1 });
    for (const value of image.pixels) expect(Math.abs(value - 127.5)).toBeLessThan(6);
  });

  it('applies EXIF orientation, also to the proportions', async () => {
    const turned = await halves().withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toBuffer(); // to be turned right by 90 degrees
    const image = await decode(turned);
    expect([image.width, image.height, image.aspect]).toEqual([20, 40, 0.5]);
    expect(at(image, 10, 3)[0]).toBeGreaterThan(240); // left has become top
    expect(at(image, 10, 36)[2]).toBeGreaterThan(240);
  });

  it('composites alpha on the background', async () => {
    const png = await sharp({ create: { width: 4, height: 4, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0.5 } } }).png().toBuffer();
    const image = await decode(png, { background: [200, 100, 0] });
    for (const [channel, value] of at(image, 2, 2).entries()) expect(Math.abs(value - [100, 50, 0][channel]!)).toBeLessThanOrEqual(1);
  });

  it('keeps grey and 16 bits when asked', async () => {
    const wide = Uint16Array.from({ length: 16 }, (_, i) => i * 4000 + 7);
    const png = await sharp(wide, { raw: { width: 4, height: 4, channels: 1 } }).toColourspace('grey16').png().toBuffer();
    const kept = await decode(png, { depth: 16 });
    expect([kept.channels, kept.pixels]).toEqual([1, wide]);
    const narrow = await decode(png);
    expect([narrow.channels, narrow.pixels.length]).toEqual([1, 16]);
    expect(Math.abs((narrow.pixels[15] ?? 0) - (15 * 4000 + 7) / 257)).toBeLessThan(1.5);
    expect((await decode(png, { channels: 3 })).pixels).toHaveLength(48);
  });

  it('turns colour to grey', async () => {
    const image = await decode(await halves().png().toBuffer(), { channels: 1 });
    expect(image.pixels).toHaveLength(800);
    expect(at(image, 5, 5)[0]).toBeGreaterThan(at(image, 35, 5)[0] ?? 255); // red is brighter than blue
  });

  it('reads CMYK and palette images as RGB', async () => {
    const cmyk = await halves().toColourspace('cmyk').jpeg().toBuffer();
    const palette = await halves().png({ palette: true }).toBuffer();
    expect((await decode(cmyk, { channels: 3 })).channels).toBe(3);
    expect(at(await decode(palette), 5, 5)).toEqual([255, 0, 0]);
  });
});

describe('decodeImage refuses', () => {
  it('an image over the pixel limit before it is decoded', async () => {
    const bomb = hugePng(30_000, 30_000);
    expect(bomb.length).toBeLessThan(200_000);
    await expect(decode(bomb, { size: 32 })).rejects.toThrow('30000 x 30000 pixels are over the limit of 100000000');
  });

  it('not one that is only long', async () => {
    const image = await decode(hugePng(30_000, 1), { size: 16, channels: 1 });
    expect([image.pixels.length, image.aspect]).toEqual([256, 30_000]);
  });

  it('an SVG that claims to be huge', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"><rect width="9" height="9"/></svg>';
    await expect(decode(Buffer.from(svg), { size: 32 })).rejects.toThrow(/limit/);
  });

  it('a truncated JPEG, and every truncation of a PNG without a crash', async () => {
    const jpeg = await halves(200, 100).jpeg().toBuffer();
    await expect(decode(jpeg.subarray(0, jpeg.length * 0.6), { size: 8 })).rejects.toThrow();
    const png = await halves(64, 64).png().toBuffer();
    for (let length = 0; length < png.length - 12; length += Math.ceil(png.length / 40)) {
      await expect(decode(png.subarray(0, length), { size: 8 }), `${length} bytes`).rejects.toThrow();
    }
  });

  it('a JPEG with damage in its middle, not one that lacks its end mark alone', async () => {
    const pixels = Uint8Array.from({ length: 90 * 90 * 3 }, (_, i) => (i * 31) % 251);
    const jpeg = await sharp(pixels, { raw: { width: 90, height: 90, channels: 3 } }).jpeg().toBuffer();
    expect((await decode(jpeg.subarray(0, -2))).pixels).toEqual((await decode(jpeg)).pixels);
    const damaged = Buffer.concat([jpeg.subarray(0, jpeg.length >> 1), jpeg.subarray((3 * jpeg.length) >> 2)]); // a quarter is missing
    await expect(decode(damaged)).rejects.toThrow('Corrupt JPEG data');
  });

  it.each([
    ['version https://git-lfs.github.com/spec/v1\noid sha256:1\n', 'Git LFS pointer'],
    ['<!DOCTYPE html><html></html>', 'web page'],
    ['\0'.repeat(99), 'all 99 bytes of the file are zero'],
    ['8BPS\0\u0001', 'Photoshop'],
    ['\0\0\0\u000CjP  \r\n', 'JPEG 2000'],
    ['\u00FF\n\0\0', 'JPEG XL'],
    ['%PDF-1.4', 'PDF'],
    ['II*\0\u0010\0\0\0CR\u0002\0\0\0\0\0\0\0\0\0\0\0', 'Canon CR2'],
    ['\0\0\0\u0018ftypmp42', 'a video'],
  ])('%j, and says what it is', async (text, message) => {
    await expect(decode(Buffer.from(text, 'latin1'))).rejects.toThrow(message);
  });

  it('text, nothing, and noise', async () => {
    await expect(decode(Buffer.from('hello, I am no picture'))).rejects.toThrow('it is text, not an image. It begins with "hello, I am no picture"');
    await expect(decode(new Uint8Array())).rejects.toThrow('0 bytes');
    await expect(decode(Uint8Array.from({ length: 999 }, (_, i) => (i * i * 31) % 256))).rejects.toThrow();
  });
});

describe('decodeImage of raw pixels', () => {
  const grey = Uint8Array.from({ length: 64 }, (_, i) => i * 4);

  it('hands on the very pixels at their own size', async () => {
    const image = await decodeImage({ kind: 'raw', pixels: grey, width: 8, height: 8, channels: 1 }, { size: 8 });
    expect(image.pixels).toBe(grey);
  });

  it('resizes, and makes channels', async () => {
    const image = await decodeImage({ kind: 'raw', pixels: grey, width: 16, height: 4, channels: 1 }, { size: 4, channels: 3 });
    expect([image.pixels.length, image.aspect]).toEqual([48, 4]);
    expect(image.pixels[0]).toBe(image.pixels[1]);
    const rgb = Uint8Array.from({ length: 12 }, (_, i) => [255, 0, 0][i % 3]!);
    const luma = await decodeImage({ kind: 'raw', pixels: rgb, width: 2, height: 2, channels: 3 }, { channels: 1 });
    expect([...luma.pixels]).toEqual([76, 76, 76, 76]); // 0.299 * 255
  });

  it('makes 8 bits of 16 where 8 are asked for', async () => {
    const wide = Uint16Array.from([0, 256, 65535, 32768]);
    const source = { kind: 'raw', pixels: wide, width: 2, height: 2, channels: 1 } as const;
    expect([...(await decodeImage(source)).pixels]).toEqual([0, 1, 255, 128]);
    expect((await decodeImage(source, { depth: 16 })).pixels).toBe(wide);
  });

  it('refuses a wrong length and an impossible number of channels', async () => {
    await expect(decodeImage({ kind: 'raw', pixels: grey, width: 9, height: 8, channels: 1 })).rejects.toThrow('64 came');
    const two = { kind: 'raw', pixels: grey, width: 4, height: 8, channels: 2 } as const;
    await expect(decodeImage(two, { channels: 3 })).rejects.toThrow('3 channels were asked for, the images have 2');
  });
});

/** A valid black PNG of one bit a pixel: a few kilobytes whatever its size. */
function hugePng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
    const frame = Buffer.alloc(8 + body.length);
    frame.writeUInt32BE(data.length, 0);
    body.copy(frame, 4);
    frame.writeUInt32BE(crc32(body), 4 + body.length);
    return frame;
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([1, 0, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc((1 + Math.ceil(width / 8)) * height));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

/** CRC-32 of ISO 3309, as PNG wants it. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
