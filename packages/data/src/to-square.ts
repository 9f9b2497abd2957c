import type { Sharp } from 'sharp';
import type { Fit } from './decode-image.js';
import { enlarge } from './enlarge.js';

export interface SquareOptions {
  /** Side; the image keeps its own size where this is left out. */
  readonly size?: number;
  readonly fit: Fit;
  readonly background: readonly [number, number, number];
}

export interface RawResult {
  readonly pixels: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
}

/**
 * Ends a pipeline in raw pixels of the size wanted: smaller by libvips (triangle filter as wide as the step, so antialiased),
 * larger by {@link enlarge}.
 *
 * @param width Size of the image as the pipeline delivers it.
 * @param deep 16 bits a value instead of 8.
 */
export async function toSquare(image: Sharp, width: number, height: number, deep: boolean, options: SquareOptions): Promise<RawResult> {
  const { size, fit, background } = options;
  if (size === undefined) return raw(image, deep);
  const resize = { kernel: 'linear', fastShrinkOnLoad: false } as const; // the fast way is a tenth faster and visibly coarser
  const scale = Math.min(size / width, size / height);
  const [boxWidth, boxHeight] = fit === 'contain' ? [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))] : [size, size];
  const [r, g, b] = background;
  if (boxWidth <= width && boxHeight <= height) {
    return raw(image.resize(size, size, { ...resize, fit: fit === 'squeeze' ? 'fill' : fit, background: { r, g, b } }), deep);
  }
  let [sourceWidth, sourceHeight] = [width, height];
  let cut = image;
  if (fit === 'cover') {
    const side = Math.min(width, height);
    cut = image.extract({ left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), width: side, height: side });
    [sourceWidth, sourceHeight] = [side, side];
  }
  const small = await raw(cut.resize(Math.min(sourceWidth, boxWidth), Math.min(sourceHeight, boxHeight), { ...resize, fit: 'fill' }), deep);
  const box = { ...small, pixels: enlarge(small, boxWidth, boxHeight), width: boxWidth, height: boxHeight };
  return boxWidth === size && boxHeight === size ? box : padded(box, size, background);
}

async function raw(image: Sharp, deep: boolean): Promise<RawResult> {
  const { data, info } = await image.raw({ depth: deep ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true });
  const pixels = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return { pixels, width: info.width, height: info.height, channels: info.channels };
}

/** Lays the image in the middle of a square of the background's colour. */
function padded({ pixels, width, height, channels }: RawResult, size: number, background: readonly [number, number, number]): RawResult {
  const deep = pixels instanceof Uint16Array;
  const square = deep ? new Uint16Array(size * size * channels) : new Uint8Array(size * size * channels);
  const grey = Math.round(0.299 * background[0] + 0.587 * background[1] + 0.114 * background[2]);
  const colour = channels < 3 ? [grey] : background;
  for (let i = 0; i < square.length; i += 1) square[i] = (colour[i % channels] ?? 255) * (deep ? 257 : 1);
  const [left, top] = [Math.floor((size - width) / 2), Math.floor((size - height) / 2)];
  for (let y = 0; y < height; y += 1) square.set(pixels.subarray(y * width * channels, (y + 1) * width * channels), ((top + y) * size + left) * channels);
  return { pixels: square, width: size, height: size, channels };
}
