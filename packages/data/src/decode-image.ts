import sharp from 'sharp';
import { dataError } from './data-error.js';
import type { ImageSource, RawImage } from './dataset.js';
import { standInFor } from './stand-in.js';
import { toSquare } from './to-square.js';

/** How an image becomes the square of a batch. `squeeze` fills it without keeping proportions, `cover` cuts, `contain` pads. */
export type Fit = 'squeeze' | 'cover' | 'contain';

export interface DecodeOptions {
  /** Side of the square in pixels; the image keeps its own size where this is left out. */
  readonly size?: number;
  readonly fit?: Fit;
  /** 1 (grey), 3 (RGB); the image's own number where this is left out (alpha is composited in any case). */
  readonly channels?: number;
  /** 8 bits a value, or 16 where the file has them. */
  readonly depth?: 8 | 16;
  /** RGB in 0..255: what shows through transparent pixels and fills the border of `contain`. */
  readonly background?: readonly [number, number, number];
  /** Most pixels (width times height) that are decoded. */
  readonly pixelLimit?: number;
  /** Seconds of processing after which an image is given up. */
  readonly timeoutSeconds?: number;
}

export const decodeDefaults: Required<Omit<DecodeOptions, 'size' | 'channels'>> = {
  fit: 'squeeze',
  depth: 8,
  background: [255, 255, 255],
  pixelLimit: 100_000_000,
  timeoutSeconds: 30,
};

type Wanted = DecodeOptions & typeof decodeDefaults;

export interface DecodedImage {
  readonly pixels: Uint8Array | Uint16Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Width over height of the original, after EXIF orientation. */
  readonly aspect: number;
}

/**
 * Decodes one image and brings it to size: EXIF orientation applied, alpha composited on `background` (the image's own, where its dataset has set one), first frame of an
 * animation, downsizing antialiased (triangle filter, as torchvision's bilinear with antialias).
 *
 * @throws An Error whose message says what is wrong with the file; the caller adds the path.
 * @example
 * const { pixels } = await decodeImage({ kind: 'encoded', bytes }, { size: 32, channels: 3 });
 * pixels.length; // 32 * 32 * 3
 */
export async function decodeImage(source: ImageSource, options: DecodeOptions = {}): Promise<DecodedImage> {
  const given = { ...decodeDefaults, ...options };
  if (source.kind === 'raw') return decodeRaw(source, given);
  const wanted = source.background === undefined ? given : { ...given, background: source.background };
  const { width, height, drawnWidth, drawnHeight, pipeline, grey, wide } = await openEncoded(source.bytes, wanted);
  const channels = wanted.channels ?? (grey ? 1 : 3);
  const deep = wanted.depth === 16 && wide;
  const { r, g, b } = colour(wanted.background);
  const image = pipeline
    .toColourspace(channels === 1 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb')
    .flatten({ background: { r, g, b } })
    .timeout({ seconds: wanted.timeoutSeconds });
  const square = await toSquare(image, drawnWidth, drawnHeight, deep, wanted);
  if (square.channels !== channels) throw new Error(`decoded to ${square.channels} channels where ${channels} were wanted`);
  return { ...square, aspect: width / height };
}

async function openEncoded(bytes: Uint8Array, wanted: Wanted) {
  if (bytes.length === 0) throw new Error('the file is empty (0 bytes)');
  const standIn = standInFor(bytes);
  if (standIn !== undefined) throw new Error(standIn);
  const settings = { failOn: 'truncated', limitInputPixels: wanted.pixelLimit, autoOrient: true, sequentialRead: true } as const;
  // Only the header is read here, so the limit is checked below, with a message that says the size.
  const metadata = await sharp(bytes, { limitInputPixels: false }).metadata();
  const { width, height } = metadata.autoOrient;
  if (!(width > 0 && height > 0)) throw new Error(`the file says it is ${width} x ${height} pixels`);
  if (width * height > wanted.pixelLimit) {
    throw new Error(`${width} x ${height} pixels are over the limit of ${wanted.pixelLimit} (option pixelLimit)`);
  }
  let scale = 1;
  if (metadata.format === 'svg' && wanted.size !== undefined) {
    // Drawn at the size wanted instead of enlarged, as far as the limit allows.
    scale = Math.max(1, Math.min(wanted.size / Math.min(width, height), Math.sqrt(wanted.pixelLimit / (width * height)) * 0.99, 1000));
  }
  const pipeline = sharp(bytes, scale === 1 ? settings : { ...settings, density: 72 * scale });
  const grey = metadata.space === 'b-w' || metadata.space === 'grey16';
  const [drawnWidth, drawnHeight] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  return { pipeline, width, height, drawnWidth, drawnHeight, grey, wide: metadata.depth === 'ushort' };
}

async function decodeRaw(source: RawImage, wanted: Wanted): Promise<DecodedImage> {
  const { pixels, width, height } = source;
  const aspect = source.aspect ?? width / height;
  if (pixels.length !== width * height * source.channels) {
    throw new Error(`${width} x ${height} x ${source.channels} values were announced, ${pixels.length} came`);
  }
  const size = wanted.size;
  const channels = wanted.channels ?? source.channels;
  if ((size === undefined || (size === width && size === height)) && (pixels instanceof Uint8Array || wanted.depth === 16)) {
    return { pixels: withChannels(pixels, source.channels, channels), width, height, channels, aspect };
  }
  let values = await resizedRaw(source, wanted);
  if (values instanceof Uint16Array && wanted.depth === 8) values = Uint8Array.from(values, (value) => value >> 8);
  const [newWidth, newHeight] = [size ?? width, size ?? height];
  return { pixels: withChannels(values, source.channels, channels), width: newWidth, height: newHeight, channels, aspect };
}

/** Grey and RGB go through libvips as they are; any other number of channels one by one, for libvips would take the last for alpha. */
async function resizedRaw({ pixels, width, height, channels }: RawImage, wanted: Wanted): Promise<Uint8Array | Uint16Array> {
  if (wanted.size === undefined) return pixels;
  const deep = pixels instanceof Uint16Array;
  const resize = async (values: Uint8Array | Uint16Array, count: 1 | 3): Promise<Uint8Array | Uint16Array> => {
    const image = sharp(values, { raw: { width, height, channels: count }, limitInputPixels: wanted.pixelLimit });
    const space = count === 1 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
    return (await toSquare(image.toColourspace(space), width, height, deep, wanted)).pixels;
  };
  if (channels === 1 || channels === 3) return resize(pixels, channels);
  const result = deep ? new Uint16Array(wanted.size ** 2 * channels) : new Uint8Array(wanted.size ** 2 * channels);
  for (let channel = 0; channel < channels; channel += 1) {
    const plane = await resize(pixels.filter((_, at) => at % channels === channel), 1);
    for (let at = 0; at < plane.length; at += 1) result[at * channels + channel] = plane[at] ?? 0;
  }
  return result;
}

/** Grey to RGB by repetition, RGB to grey by ITU-R 601 luma; anything else must already have the number wanted. */
function withChannels<T extends Uint8Array | Uint16Array>(pixels: T, from: number, to: number): T {
  if (from === to) return pixels;
  const count = pixels.length / from;
  const result = (pixels instanceof Uint8Array ? new Uint8Array(count * to) : new Uint16Array(count * to)) as T;
  if (from === 1) {
    for (let i = 0; i < count; i += 1) result.fill(pixels[i] ?? 0, i * to, (i + 1) * to);
  } else if (from === 3 && to === 1) {
    for (let i = 0; i < count; i += 1) {
      const [red, green, blue] = [pixels[i * 3] ?? 0, pixels[i * 3 + 1] ?? 0, pixels[i * 3 + 2] ?? 0];
      result[i] = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    }
  } else {
    throw dataError(`${to} channels were asked for, the images have ${from}: ask for ${from}, or for 1 or 3 of RGB images.`);
  }
  return result;
}

const colour = ([r, g, b]: readonly number[]) => ({ r: r ?? 0, g: g ?? 0, b: b ?? 0 });
