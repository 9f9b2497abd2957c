import { compositeAlpha } from './composite-alpha.js';
import type { RawPicture } from './raw-picture.js';

/*
 * A decoder of our own, since libvips is built without one, and bmp-ts 1.0.9 and fast-bmp 4.0.1 failed: of 16 files that PIL reads (1 to 32 bits,
 * run lengths, bit masks, rows from the top, headers of OS/2 and of version 5) each got half or fewer right, none of those with a palette.
 */

const complain = (what: string): Error => new Error(`the BMP is damaged or cut off: ${what}`);

/**
 * Decodes a Windows or OS/2 bitmap: 1, 2, 4, 8, 16, 24 or 32 bits, run lengths, bit masks, alpha where a mask says so.
 *
 * @throws An Error that says what is wrong with the file.
 */
export function readBmp(bytes: Uint8Array, pixelLimit: number, background: readonly [number, number, number]): RawPicture {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 26) throw complain(`${file.length} bytes`);
  const header = readHeader(file);
  const { width, height, bits, compression, start } = header;
  if (!(width > 0 && height > 0)) throw complain(`the file says it is ${width} x ${height} pixels`);
  if (width * height > pixelLimit) throw new Error(`${width} x ${height} pixels are over the limit of ${pixelLimit} (option pixelLimit)`);
  if (compression === 1 || compression === 2) return picture(header, coloursOf(runLengths(file.subarray(start), header), header));
  if (compression !== 0 && compression !== 3 && compression !== 6) throw new Error(`a BMP of compression ${compression} is not read. Convert it to PNG`);
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (start + stride * (height - 1) + Math.ceil((width * bits) / 8) > file.length) throw complain(`${height} rows of ${stride} bytes from byte ${start} on needed, it has ${file.length}`);
  if (bits <= 8) {
    const indices = new Uint8Array(width * height);
    eachPixel(header, (x, row, to) => {
      const bit = x * bits;
      indices[to] = (file[start + row * stride + (bit >> 3)]! >> (8 - bits - (bit & 7))) & (2 ** bits - 1);
    });
    return picture(header, coloursOf(indices, header));
  }
  const masks = header.masks.map(readMask);
  const alpha = masks[3] !== undefined;
  const count = alpha ? 4 : 3;
  const pixels = new Uint8Array(width * height * count);
  eachPixel(header, (x, row, to) => {
    const at = start + row * stride + x * (bits / 8);
    if (bits === 24) {
      for (let c = 0; c < 3; c += 1) pixels[to * 3 + c] = file[at + 2 - c]!;
      return;
    }
    const value = bits === 16 ? file.readUInt16LE(at) : file.readUInt32LE(at);
    for (let c = 0; c < count; c += 1) pixels[to * count + c] = masks[c]!(value);
  });
  return picture(header, alpha ? compositeAlpha(pixels, 4, background) : pixels);
}

interface BmpHeader {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** First byte of the pixels. */
  readonly start: number;
  /** Bits of red, green, blue, and of alpha where there is one. */
  readonly masks: readonly number[];
  /** Red, green and blue of each index. */
  readonly palette: Uint8Array;
}

function readHeader(file: Buffer): BmpHeader {
  const size = file.readUInt32LE(14);
  const old = size === 12;
  if (!old && (size < 16 || file.length < 14 + size || size > 1024)) throw complain(`a header of ${size} bytes`);
  const number = (at: number): number => (size >= at - 14 + 4 ? file.readUInt32LE(at) : 0);
  const signed = old ? file.readInt16LE(20) : file.readInt32LE(22);
  const bits = old ? file.readUInt16LE(24) : file.readUInt16LE(28);
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits)) throw complain(`${bits} bits a pixel`);
  const compression = number(30);
  const masked = compression === 3 || compression === 6;
  const afterHeader = size === 40 && masked ? (compression === 6 ? 16 : 12) : 0;
  if (file.length < 14 + size + afterHeader) throw complain(`${file.length} bytes`);
  const places = masked ? [54, 58, 62, ...(size >= 56 || compression === 6 ? [66] : [])] : [];
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const masks = masked ? places.map((at) => (at + 4 <= file.length ? file.readUInt32LE(at) : 0)) : usual;
  const start = file.readUInt32LE(10);
  const entry = old ? 3 : 4;
  const at = 14 + size + afterHeader;
  const named = number(46);
  const colours = bits > 8 ? 0 : Math.min(2 ** bits, named === 0 ? 256 : named, Math.floor(Math.max(0, Math.min(start, file.length) - at) / entry));
  const palette = new Uint8Array(3 * colours);
  for (let i = 0; i < colours; i += 1) for (let c = 0; c < 3; c += 1) palette[3 * i + c] = file[at + i * entry + 2 - c]!;
  return {
    width: old ? file.readUInt16LE(18) : file.readInt32LE(18),
    height: Math.abs(signed),
    topDown: signed < 0,
    bits,
    compression,
    start,
    masks: masks[3] === 0 ? masks.slice(0, 3) : masks,
    palette,
  };
}

/** Calls back with the column, the row as it is stored and the place in the picture. */
function eachPixel({ width, height, topDown }: BmpHeader, put: (x: number, row: number, to: number) => void): void {
  for (let row = 0; row < height; row += 1) {
    const to = (topDown ? row : height - 1 - row) * width;
    for (let x = 0; x < width; x += 1) put(x, row, to + x);
  }
}

/** Value of a mask's bits, from 0 to 255. */
function readMask(mask: number): (value: number) => number {
  if (mask === 0) return () => 0;
  const shift = Math.log2((mask & -mask) >>> 0);
  const most = mask / 2 ** shift;
  return (value) => Math.round(((((value & mask) >>> 0) / 2 ** shift) * 255) / most);
}

/** Indices of a file with run lengths; what it leaves out is index 0. */
function runLengths(data: Buffer, { width, height, topDown, bits }: BmpHeader): Uint8Array {
  const indices = new Uint8Array(width * height);
  let [x, row, at] = [0, 0, 0];
  const put = (index: number): void => {
    if (x < width && row < height) indices[(topDown ? row : height - 1 - row) * width + x] = index;
    x += 1;
  };
  const indexAt = (from: number, k: number): number => (bits === 8 ? data[from + k]! : (data[from + (k >> 1)]! >> (k % 2 === 0 ? 4 : 0)) & 15);
  for (;;) {
    if (at + 2 > data.length) {
      if (row >= height - 1 && x >= width) return indices; // whole, without the mark of its end
      throw complain(`row ${row} of ${height} ends at column ${x}`);
    }
    const [count = 0, value = 0] = [data[at], data[at + 1]];
    at += 2;
    if (count > 0) {
      for (let k = 0; k < count; k += 1) put(bits === 8 ? value : (value >> (k % 2 === 0 ? 4 : 0)) & 15);
    } else if (value === 0) {
      [x, row] = [0, row + 1];
    } else if (value === 1) return indices;
    else if (value === 2) {
      [x, row] = [x + (data[at] ?? 0), row + (data[at + 1] ?? 0)];
      at += 2;
    } else {
      const length = Math.ceil((value * bits) / 16) * 2;
      if (at + Math.ceil((value * bits) / 8) > data.length) throw complain(`row ${row} of ${height} ends at column ${x}`);
      for (let k = 0; k < value; k += 1) put(indexAt(at, k));
      at += length;
    }
  }
}

/** The palette's colours of indices; an index beyond it is black. */
function coloursOf(indices: Uint8Array, { palette }: BmpHeader): Uint8Array {
  const pixels = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i += 1) for (let c = 0; c < 3; c += 1) pixels[3 * i + c] = palette[3 * indices[i]! + c] ?? 0;
  return pixels;
}

/** Grey where all colours of a palette are. */
function picture({ width, height, palette }: BmpHeader, pixels: Uint8Array): RawPicture {
  let grey = palette.length > 0;
  for (let i = 0; grey && i < palette.length; i += 3) grey = palette[i] === palette[i + 1] && palette[i] === palette[i + 2];
  const kept = grey ? pixels.filter((_, at) => at % 3 === 0) : pixels;
  return { pixels: kept, width, height, channels: grey ? 1 : 3, bands: grey ? 1 : 3, colour: !grey, range: [0, 255] };
}
