import sharp, { type Metadata, type Sharp } from 'sharp';
import { dataError } from './data-error.js';
import type { EncodedImage, ImageSource, RawImage } from './dataset.js';
import { fileKind, unreadableKind } from './file-kind.js';
import type { RawPicture } from './raw-picture.js';
import type { PixelGrid } from './resize-bilinear.js';
import { readBmp } from './read-bmp.js';
import { readHeic } from './read-heic.js';
import { cmykToRgb, readTiff, type PlainTiff } from './read-tiff.js';
import { squareOfPixels, toSquare } from './to-square.js';
import { extremes, giveRange, spreadValues, undeclaredRange, type ValueRange } from './value-range.js';

/** How an image becomes the square of a batch. `squeeze` fills it without keeping proportions, `cover` cuts, `contain` pads. */
export type Fit = 'squeeze' | 'cover' | 'contain';

export interface DecodeOptions {
  /** Side of the square in pixels; the image keeps its own size where this is left out. */
  readonly size?: number;
  readonly fit?: Fit;
  /**
   * 1 (grey), 3 (RGB), or the number of bands of a multispectral image, all of which are taken then; the image's own number where
   * this is left out. Alpha is composited, unless it is counted among the bands of a TIFF.
   */
  readonly channels?: number;
  /** 8 bits a value, or 16 where the file has them. */
  readonly depth?: 8 | 16;
  /**
   * Stored values that become black and white, the same for all images: `[0, 4095]` for 12 bits that a camera keeps in 16. What lies outside
   * is cut. Left out: what the file declares, see {@link decodeImage}.
   */
  readonly range?: ValueRange;
  /**
   * Squares as torchvision makes them, which costs a third more time for JPEGs of 500 pixels at a size of 64 and nothing from 96 on; false: within 4
   * levels of 255 on average.
   */
  readonly exact?: boolean;
  /** RGB in 0..255: what shows through transparent pixels and fills the border of `contain`. */
  readonly background?: readonly [number, number, number];
  /** Most pixels (width times height) that are decoded. */
  readonly pixelLimit?: number;
  /** Seconds of processing after which an image is given up. */
  readonly timeoutSeconds?: number;
}

export const decodeDefaults: Required<Omit<DecodeOptions, 'size' | 'channels' | 'range'>> = {
  fit: 'squeeze',
  depth: 8,
  exact: true,
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
  readonly stored: StoredImage;
}

/** How a file, or a place in an array, holds its image. */
export interface StoredImage {
  /** Bands without alpha: 1 of grey, 3 of colour, more of multispectral images. */
  readonly bands: number;
  /** Stored values that became black and white. */
  readonly range: ValueRange;
  /** Pages or frames, of which the first was taken. */
  readonly pages: number;
}

/**
 * Decodes one image and brings it to size: EXIF orientation applied, alpha composited on `background` (the image's own, where its dataset has set one), first frame of an
 * animation, first page of a TIFF. Squares that are squeezed or padded are those of torchvision's bilinear resize with antialiasing,
 * within 1 level of 255 on average (JPEG too, which is made smaller while it is decoded); `cover` is within 3.
 *
 * What the values mean: 8 and 16 bits without sign go from 0 to the largest number of so many bits (TIFF: of BitsPerSample, or of a
 * MaxSampleValue that is a power of two less one). Floating point within 0 to 1 is taken for 0 to 1, floating point
 * and signed or 32-bit whole numbers within 0 to 255 for 0 to 255. Any others are refused, unless `range` says what is black and
 * white. Nothing is stretched image by image: images would no longer compare.
 *
 * Colours: profiles are applied, CMYK without one is converted as PIL does it. Of a TIFF with bands beyond RGB the first three are
 * taken for 3 channels, and all for as many channels as there are bands.
 *
 * @throws An Error whose message says what is wrong with the file, or what it is and how to convert it; the caller adds the path.
 * @example
 * const { pixels } = await decodeImage({ kind: 'encoded', bytes }, { size: 32, channels: 3 });
 * pixels.length; // 32 * 32 * 3
 */
export async function decodeImage(source: ImageSource, options: DecodeOptions = {}): Promise<DecodedImage> {
  const { background, range } = source.kind === 'raw' ? { ...source, background: undefined } : source;
  const wanted: Wanted = {
    ...decodeDefaults,
    ...options,
    ...(background === undefined ? {} : { background }),
    ...(range === undefined ? {} : { range }),
  };
  if (wanted.range !== undefined && !(wanted.range[0] < wanted.range[1])) {
    throw dataError(`A range of black below white was needed, got ${wanted.range.join(' to ')}. Give the stored values that are black and white.`);
  }
  return source.kind === 'raw' ? decodeRaw(source, wanted) : decodeEncoded(source, wanted);
}

async function decodeEncoded({ bytes }: EncodedImage, wanted: Wanted): Promise<DecodedImage> {
  const kind = fileKind(bytes);
  const picture = kind === 'tiff' ? await readTiff(bytes, wanted) : kind === 'bmp' ? readBmp(bytes, wanted.pixelLimit, wanted.background) : kind === 'heic' ? await readHeic(bytes, wanted.pixelLimit, wanted.background) : undefined;
  if (picture !== undefined && !('plain' in picture)) return decodePicture(picture, wanted);
  const opened = await openEncoded(bytes, wanted);
  try {
    return await decodeOpened(opened, picture, wanted);
  } catch (error) {
    const again = jpegAgain(opened.metadata, bytes, error);
    if (again === undefined) throw error;
    return decodeOpened(await openEncoded(again.bytes, wanted, again.failOn), picture, wanted);
  }
}

/**
 * Other bytes, or less strictness, for a JPEG that failed: one that lacks nothing but the mark of its end is whole, and most
 * warnings are harmless. Wrong or missing pixels stay an error.
 */
function jpegAgain({ format }: Metadata, bytes: Uint8Array, error: unknown): { readonly bytes: Uint8Array; readonly failOn: 'warning' | 'truncated' } | undefined {
  if (format !== 'jpeg' || !(error instanceof Error) || !error.message.includes('VipsJpeg')) return undefined;
  if (error.message.includes('premature end of JPEG image')) return { bytes: Buffer.concat([bytes, Buffer.from([0xff, 0xd9])]), failOn: 'warning' };
  return /premature end|bad Huffman code|instead of RST/.test(error.message) ? undefined : { bytes, failOn: 'truncated' };
}

async function decodeOpened(opened: OpenedImage, tiff: PlainTiff | undefined, wanted: Wanted): Promise<DecodedImage> {
  const { width, height, drawnWidth, drawnHeight, pipeline, grey, wide, metadata } = opened;
  const most = wide ? 65_535 : 255;
  const bands = tiff?.bands ?? (grey ? 1 : 3);
  const stored: StoredImage = { bands, range: [0, most], pages: tiff?.pages ?? metadata.pages ?? 1 };
  const cmyk = metadata.space === 'cmyk' && metadata.icc === undefined;
  if (wanted.range !== undefined || cmyk || (wanted.channels !== undefined && wanted.channels !== 1 && wanted.channels !== 3)) {
    const own = cmyk ? pipeline.pipelineColourspace('cmyk').toColourspace('cmyk') : flattened(pipeline, grey ? 1 : 3, wide, wanted);
    const { pixels, channels } = await toSquare({ image: own, width: drawnWidth, height: drawnHeight, deep: wide && !cmyk }, { ...wanted, size: undefined });
    const values = cmyk ? cmykToRgb(pixels) : pixels;
    const picture = { pixels: wanted.range === undefined ? values : spreadValues(values, wanted.range), width, height, channels: cmyk ? 3 : channels, bands, colour: !grey, range: wanted.range ?? stored.range };
    return decodePicture({ ...picture, width: drawnWidth, height: drawnHeight, pages: stored.pages }, wanted);
  }
  const channels = wanted.channels ?? (grey ? 1 : 3);
  const deep = wanted.depth === 16 && wide;
  const image = flattened(pipeline, channels, deep, wanted);
  const jpegOrientation = metadata.format === 'jpeg' ? (metadata.orientation ?? 1) : undefined;
  const square = await toSquare({ image, width: drawnWidth, height: drawnHeight, deep, ...(jpegOrientation === undefined ? {} : { jpegOrientation }) }, wanted);
  if (square.channels !== channels) throw new Error(`decoded to ${square.channels} channels where ${channels} were wanted`);
  return { ...square, aspect: width / height, stored };
}

/** Grey or colour without alpha, of 8 or 16 bits. */
function flattened(pipeline: Sharp, channels: number, deep: boolean, { background, timeoutSeconds }: Wanted): Sharp {
  const { r, g, b } = colour(background);
  return pipeline
    .toColourspace(channels === 1 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb')
    .flatten({ background: { r, g, b } })
    .timeout({ seconds: timeoutSeconds });
}

type OpenedImage = Awaited<ReturnType<typeof openEncoded>>;

async function openEncoded(bytes: Uint8Array, wanted: Wanted, failOn: 'warning' | 'truncated' = 'warning') {
  if (bytes.length === 0) throw new Error('the file is empty (0 bytes)');
  // Only the header is read here, so the limit is checked below, with a message that says the size.
  const metadata = await sharp(bytes, { limitInputPixels: false }).metadata().catch((error: unknown) => {
    throw error instanceof Error && error.message.includes('unsupported image format') ? new Error(unreadableKind(bytes)) : error;
  });
  const { width, height } = metadata.autoOrient;
  if (!(width > 0 && height > 0)) throw new Error(`the file says it is ${width} x ${height} pixels`);
  if (width * height > wanted.pixelLimit) {
    throw new Error(`${width} x ${height} pixels are over the limit of ${wanted.pixelLimit} (option pixelLimit)`);
  }
  const settings = {
    failOn: metadata.format === 'jpeg' ? failOn : 'truncated',
    limitInputPixels: wanted.pixelLimit,
    autoOrient: true,
    sequentialRead: true,
    ignoreIcc: !profileFits(metadata),
  } as const;
  let scale = 1;
  if (metadata.format === 'svg' && wanted.size !== undefined) {
    // Drawn at the size wanted instead of enlarged, as far as the limit allows.
    scale = Math.max(1, Math.min(wanted.size / Math.min(width, height), Math.sqrt(wanted.pixelLimit / (width * height)) * 0.99, 1000));
  }
  const pipeline = sharp(bytes, scale === 1 ? settings : { ...settings, density: 72 * scale });
  const grey = metadata.space === 'b-w' || metadata.space === 'grey16';
  const [drawnWidth, drawnHeight] = [Math.ceil(width * scale), Math.ceil(height * scale)];
  return { pipeline, metadata, width, height, drawnWidth, drawnHeight, grey, wide: metadata.depth === 'ushort' };
}

/** False where a profile is for other colours than the image has, such as Lab in an RGB JPEG. */
function profileFits({ icc, space }: Metadata): boolean {
  if (icc === undefined || icc.length < 20) return true;
  const of = icc.toString('latin1', 16, 20);
  return space === 'cmyk' ? of === 'CMYK' : space === 'b-w' || space === 'grey16' ? of === 'GRAY' : of === 'RGB ';
}

async function decodeRaw(source: RawImage, wanted: Wanted): Promise<DecodedImage> {
  const { width, height, channels } = source;
  if (source.pixels.length !== width * height * channels) {
    throw new Error(`${width} x ${height} x ${channels} values were announced, ${source.pixels.length} came`);
  }
  const { pixels, range } = brightness(source, wanted.range);
  const image = await decodePicture({ pixels, width, height, channels, bands: channels, colour: false, range }, wanted);
  return source.aspect === undefined ? image : { ...image, aspect: source.aspect };
}

/** Values of an array as 8 or 16 bits. */
function brightness({ pixels, assumedRange }: RawImage, given: ValueRange | undefined): { readonly pixels: Uint8Array | Uint16Array; readonly range: ValueRange } {
  if (given !== undefined) return { pixels: spreadValues(pixels, given), range: given };
  if (pixels instanceof Uint8Array) return { pixels, range: [0, 255] };
  if (pixels instanceof Uint16Array) return { pixels, range: [0, 65_535] };
  const [low, high] = extremes(pixels);
  const type = pixels.constructor.name.replace('Array', '').toLowerCase();
  const range = assumedRange ?? undeclaredRange(type, low, high);
  if (low < range[0] || high > range[1]) throw new Error(`its values go from ${low} to ${high}, those of the other images from ${range.join(' to ')}. ${giveRange(low, high)}`);
  return { pixels: spreadValues(pixels, range), range };
}

/** Grids of more pixels are made smaller by libvips, off the JavaScript thread. */
const fewPixels = 2 ** 18;

async function decodePicture({ pixels, width, height, channels: own, bands, colour: coloured, range, pages = 1 }: RawPicture, wanted: Wanted): Promise<DecodedImage> {
  const channels = wanted.channels ?? own;
  const grid: PixelGrid = { pixels: withChannels(pixels, own, channels, coloured), width, height, channels };
  const square = width * height <= fewPixels || wanted.size === undefined || (channels !== 1 && channels !== 3) ? squareOfPixels(grid, wanted) : await squareOfMany(grid, wanted);
  const narrow = square.pixels instanceof Uint16Array && wanted.depth === 8 ? Uint8Array.from(square.pixels, (value) => value >> 8) : square.pixels;
  return { ...square, pixels: narrow, aspect: width / height, stored: { bands, range, pages } };
}

function squareOfMany({ pixels, width, height, channels }: PixelGrid, wanted: Wanted): Promise<PixelGrid> {
  const deep = pixels instanceof Uint16Array;
  const image = sharp(pixels, { raw: { width, height, channels: channels as 1 | 3 }, limitInputPixels: wanted.pixelLimit });
  const space = channels === 1 ? (deep ? 'grey16' : 'b-w') : deep ? 'rgb16' : 'srgb';
  return toSquare({ image: image.toColourspace(space), width, height, deep }, wanted);
}

/**
 * Grey to RGB by repetition, RGB to grey by ITU-R 601 luma, RGB with further bands to RGB; anything else must already have the number wanted.
 *
 * @param coloured - the first three of `from` are known to be red, green and blue.
 */
function withChannels<T extends Uint8Array | Uint16Array>(pixels: T, from: number, to: number, coloured: boolean): T {
  if (from === to) return pixels;
  const count = pixels.length / from;
  const result = (pixels instanceof Uint8Array ? new Uint8Array(count * to) : new Uint16Array(count * to)) as T;
  if (from === 1 && to === 3) {
    for (let i = 0; i < count; i += 1) result.fill(pixels[i]!, i * 3, (i + 1) * 3);
  } else if (to === 1 && (from === 3 || coloured)) {
    for (let i = 0, at = 0; i < count; i += 1, at += from) result[i] = Math.round(0.299 * pixels[at]! + 0.587 * pixels[at + 1]! + 0.114 * pixels[at + 2]!);
  } else if (to === 3 && coloured) {
    for (let i = 0, at = 0; i < count; i += 1, at += from) for (let c = 0; c < 3; c += 1) result[i * 3 + c] = pixels[at + c]!;
  } else {
    const mend = from === 1 || from === 3 ? `Take --channels ${from}` : `Take all of them with ssl train --channels ${from}`;
    throw dataError(`${to} channels were asked for, the images have ${from}${from === 1 || from === 3 ? '' : ' (bands)'}. ${mend} (option channels of the library), or convert the images to RGB.`);
  }
  return result;
}

const colour = ([r, g, b]: readonly number[]) => ({ r: r ?? 0, g: g ?? 0, b: b ?? 0 });
