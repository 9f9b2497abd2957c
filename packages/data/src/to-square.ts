import type { Sharp } from 'sharp';
import type { Fit } from './decode-image.js';
import { resizeBilinear, type AxisContent, type PixelGrid } from './resize-bilinear.js';

export interface SquareOptions {
  /** Side; the image keeps its own size where this is left out. */
  readonly size?: number | undefined;
  readonly fit: Fit;
  readonly background: readonly [number, number, number];
  /** Two steps for small squares. */
  readonly exact: boolean;
}

/** A pipeline that ends in pixels, and what is known of them. */
export interface Pipeline {
  readonly image: Sharp;
  /** Size of the image as the pipeline delivers it, after orientation. */
  readonly width: number;
  readonly height: number;
  /** 16 bits a value instead of 8. */
  readonly deep: boolean;
  /** EXIF orientation that the pipeline applies to a JPEG; left out for any other format. */
  readonly jpegOrientation?: number;
}

/** Up to this side squares are made in two steps; above it libvips alone is within .6 levels of 255 on average, and a second step costs milliseconds. */
const exactUpTo = 64;
/** Of how many pixels each way the second step makes one. */
const lastStep = 3;
/** Images of so few pixels are resized in one step here. */
const fewPixels = 2 ** 16;

/**
 * Ends a pipeline in raw pixels of the size wanted, as torchvision's antialiased bilinear resize makes them.
 *
 * libvips averages whole blocks before it weights, and leaves out what is over when it makes a JPEG smaller by whole factors
 * while decoding (a shift of .2 pixels of 32 for 375 rows). So it makes an image of three times the size, off the JavaScript
 * thread, and {@link resizeBilinear} the square from that, with both made good.
 */
export async function toSquare(pipeline: Pipeline, options: SquareOptions): Promise<PixelGrid> {
  const { image, width, height, deep } = pipeline;
  const { size, fit, background } = options;
  if (size === undefined) return raw(image, deep);
  const scale = Math.min(size / width, size / height);
  const [boxWidth, boxHeight] = fit === 'contain' ? [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))] : [size, size];
  if (fit === 'cover') {
    if (size <= width && size <= height) return raw(image.resize(size, size, { ...smaller, fit: 'cover' }), deep);
    const side = Math.min(width, height);
    const cut = image.extract({ left: Math.floor((width - side) / 2), top: Math.floor((height - side) / 2), width: side, height: side });
    return grid(await raw(cut, deep), size, size);
  }
  const box = await resized(pipeline, boxWidth, boxHeight, options.exact);
  return boxWidth === size && boxHeight === size ? box : padded(box, size, background);
}

/** {@link toSquare} of pixels that are in memory, of any number of channels and small enough for the JavaScript thread. */
export function squareOfPixels(source: PixelGrid, { size, fit, background }: Omit<SquareOptions, 'exact'>): PixelGrid {
  if (size === undefined) return source;
  const { width, height } = source;
  if (fit === 'squeeze') return grid(source, size, size);
  if (fit === 'contain') {
    const scale = Math.min(size / width, size / height);
    return padded(grid(source, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))), size, background);
  }
  const side = Math.min(width, height);
  const [left, top] = [Math.floor((width - side) / 2), Math.floor((height - side) / 2)];
  return grid(cut(source, left, top, side), size, size);
}

function cut({ pixels, width, channels }: PixelGrid, left: number, top: number, side: number): PixelGrid {
  const kept = pixels.slice(0, side * side * channels);
  for (let y = 0; y < side; y += 1) kept.set(pixels.subarray(((top + y) * width + left) * channels, ((top + y) * width + left + side) * channels), y * side * channels);
  return { pixels: kept, width: side, height: side, channels };
}

const smaller = { kernel: 'linear', fastShrinkOnLoad: false } as const; // the fast way is a tenth faster and visibly coarser

async function resized({ image, width, height, deep, jpegOrientation }: Pipeline, newWidth: number, newHeight: number, exact: boolean): Promise<PixelGrid> {
  const large = !exact || Math.max(newWidth, newHeight) > exactUpTo;
  const few = width * height <= fewPixels;
  if (large && !few && newWidth <= width && newHeight <= height) {
    const factor = jpegFactor(jpegOrientation, width / newWidth, height / newHeight, false);
    const lost = Math.max(((width % factor) / width) * newWidth, ((height % factor) / height) * newHeight);
    if (!exact || lost <= 0.1) return raw(image.resize(newWidth, newHeight, { ...smaller, fit: 'fill' }), deep);
  }
  const steps = large ? 2 : lastStep;
  const [nearWidth, nearHeight] = few ? [width, height] : [Math.min(width, steps * newWidth), Math.min(height, steps * newHeight)];
  const fast = jpegOrientation !== undefined;
  const near = nearWidth === width && nearHeight === height ? image : image.resize(nearWidth, nearHeight, { ...smaller, fastShrinkOnLoad: fast, fit: 'fill' });
  const factor = jpegFactor(jpegOrientation, width / nearWidth, height / nearHeight, fast);
  const across = content(width, nearWidth, factor, [2, 3, 6, 7].includes(jpegOrientation ?? 1));
  const down = content(height, nearHeight, factor, [3, 4, 7, 8].includes(jpegOrientation ?? 1));
  return grid(await raw(near, deep), newWidth, newHeight, across, down);
}

/** The factor by which sharp has a JPEG made smaller while it is decoded, by the rule in its `pipeline.cc`. */
function jpegFactor(orientation: number | undefined, across: number, down: number, fast: boolean): number {
  const shrink = orientation === undefined ? 1 : Math.min(across, down);
  const most = fast ? shrink : shrink / 2;
  const factor = most >= 8 ? 8 : most >= 4 ? 4 : most >= 2 ? 2 : 1;
  return factor > 1 && Math.floor(shrink) === factor ? factor / 2 : factor;
}

/** What `near` pixels are of that stand for `length`, less what is over in blocks of `factor`, at their end as the file has them. */
function content(length: number, near: number, factor: number, reversed: boolean): AxisContent {
  if (length === near) return {};
  const seen = Math.max(1, Math.floor(length / factor) * factor);
  const long = (near * length) / seen;
  return { start: reversed ? near - long : 0, length: long, blur: 1 };
}

function grid(source: PixelGrid, width: number, height: number, across?: AxisContent, down?: AxisContent): PixelGrid {
  return { pixels: resizeBilinear(source, width, height, across, down), width, height, channels: source.channels };
}

async function raw(image: Sharp, deep: boolean): Promise<PixelGrid> {
  const { data, info } = await image.raw({ depth: deep ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true });
  const pixels = deep ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return { pixels, width: info.width, height: info.height, channels: info.channels };
}

/** Lays the image in the middle of a square of the background's colour. */
function padded({ pixels, width, height, channels }: PixelGrid, size: number, background: readonly [number, number, number]): PixelGrid {
  const deep = pixels instanceof Uint16Array;
  const square = deep ? new Uint16Array(size * size * channels) : new Uint8Array(size * size * channels);
  const grey = Math.round(0.299 * background[0] + 0.587 * background[1] + 0.114 * background[2]);
  const colour = channels === 3 ? background : [grey];
  for (let i = 0; i < square.length; i += 1) square[i] = (colour[i % channels] ?? grey) * (deep ? 257 : 1);
  const [left, top] = [Math.floor((size - width) / 2), Math.floor((size - height) / 2)];
  for (let y = 0; y < height; y += 1) square.set(pixels.subarray(y * width * channels, (y + 1) * width * channels), ((top + y) * size + left) * channels);
  return { pixels: square, width: size, height: size, channels };
}
