import type { GeoTIFFImage } from 'geotiff';
import { compositeAlpha } from './composite-alpha.js';
import { rawPhotoOfTiff } from './file-kind.js';
import { orientPixels } from './orient-pixels.js';
import type { RawPicture } from './raw-picture.js';
import { extremes, spreadValues, undeclaredRange, type StoredValues, type ValueRange } from './value-range.js';

export interface ReadTiffOptions {
  readonly channels?: number | undefined;
  /** Stored values that are black and white, where the caller knows. */
  readonly range?: ValueRange | undefined;
  readonly pixelLimit: number;
  readonly background: readonly [number, number, number];
}

/** A TIFF that libvips reads as it is meant, and what it would not tell. */
export interface PlainTiff {
  readonly plain: true;
  readonly bands: number;
  readonly pages: number;
}

interface Layout {
  readonly width: number;
  readonly height: number;
  /** Values of a pixel, and how many of them are beyond grey, RGB or CMYK. */
  readonly samples: number;
  readonly extra: number;
  readonly bits: readonly number[];
  readonly format: 'uint' | 'int' | 'float';
  readonly photometric: number;
  /** Meaning of the first extra sample: 1 alpha that was multiplied, 2 alpha, 0 anything. */
  readonly alpha: 0 | 1 | 2;
  readonly compression: number;
  readonly orientation: number;
  /** The largest value as the file declares it, where that is a whole number of bits. */
  readonly largest: number | undefined;
}

/**
 * Reads a TIFF by its tags. What libvips reads as it is meant (8 and 16 bits without sign, grey, colour, palette or CMYK, alpha at most)
 * is left to it; signed and 32-bit whole numbers, floating point, odd numbers of bits, bands beyond colour and alpha, and
 * compressions that its build lacks are read here. The first page counts.
 *
 * @throws An Error that says what the file has and what to do.
 */
export async function readTiff(bytes: Uint8Array, options: ReadTiffOptions): Promise<RawPicture | PlainTiff> {
  const { fromArrayBuffer } = await import('geotiff');
  const file = await fromArrayBuffer(new Uint8Array(bytes).buffer).catch((error: unknown) => Promise.reject(damaged(error)));
  const image = await file.getImage(0).catch((error: unknown) => Promise.reject(damaged(error)));
  const layout = await readLayout(image, bytes);
  const { width, height, samples, extra } = layout;
  if (!(width > 0 && height > 0)) throw new Error(`the file says it is ${width} x ${height} pixels`);
  if (width * height > options.pixelLimit || width * height * samples > 4 * options.pixelLimit) {
    throw new Error(`${width} x ${height} pixels of ${samples} bands are over the limit of ${options.pixelLimit} (option pixelLimit)`);
  }
  const pages = await pagesOf(file, width, height).catch(() => 1);
  const allBands = extra > 0 && options.channels === samples;
  if (isPlain(layout) && options.range === undefined && !allBands) return { plain: true, bands: samples - (layout.alpha === 0 ? 0 : 1), pages };
  return { ...(await readSamples(image, layout, options)), pages };
}

async function readLayout(image: GeoTIFFImage, bytes: Uint8Array): Promise<Layout> {
  const tags = image.fileDirectory;
  const read = async (tag: number): Promise<unknown> => (tags.hasTag(tag) ? ((await tags.loadValue(tag)) as unknown) : undefined);
  const numbers = async (tag: number): Promise<number[]> => {
    const value = await read(tag);
    return typeof value === 'number' ? [value] : ArrayBuffer.isView(value) || Array.isArray(value) ? Array.from(value as ArrayLike<number>, Number) : [];
  };
  const [photometric = 1] = await numbers(262);
  const [subfile = 0] = await numbers(254);
  const make = await read(271);
  const named = typeof make === 'string' ? make : undefined;
  const raw = rawPhotoOfTiff(bytes, named, { dng: tags.hasTag(50706), preview: subfile % 2 === 1 && tags.hasTag(330), mosaic: photometric === 32803 });
  if (raw !== undefined) throw new Error(raw);
  const [samples = 1] = await numbers(277);
  const bits = await numbers(258);
  const formats = await numbers(339);
  const extras = await numbers(338);
  const [format = 1] = formats;
  if (![1, 2, 3, 4].includes(format) || formats.some((one) => one !== format)) throw new Error(`its samples are of ${format > 4 ? 'complex numbers' : 'several types'}. Convert it to 8 or 16 bits without sign`);
  const colours = { 2: 3, 5: 4, 6: 3, 8: 3 }[photometric] ?? 1;
  const largest = [...(await numbers(281)), ...(await numbers(341))].find((value) => value > 0);
  const bit = largest === undefined ? NaN : Math.log2(largest + 1);
  return {
    width: image.getWidth(),
    height: image.getHeight(),
    samples,
    extra: Math.max(0, samples - colours),
    bits: bits.length === 0 ? [1] : bits,
    format: format === 3 ? 'float' : format === 2 ? 'int' : 'uint',
    photometric,
    alpha: samples === colours + 1 && (extras[0] === 1 || extras[0] === 2) ? extras[0] : 0,
    compression: (await numbers(259))[0] ?? 1,
    orientation: (await numbers(274))[0] ?? 1,
    // A power of two declares the sensor's range. Any other number describes this image alone, and images would no longer compare.
    largest: Number.isInteger(bit) && bit >= 8 ? largest : undefined,
  };
}

/** Compressions that sharp's libvips lacks: LERC, Zstandard, WebP. */
const beyondVips = [34887, 50000, 50001];

function isPlain({ bits, format, photometric, extra, alpha, compression, samples, largest }: Layout): boolean {
  const [first = 1] = bits;
  if (format !== 'uint' || bits.some((one) => one !== first) || beyondVips.includes(compression)) return false;
  if (![1, 2, 4, 8, 16].includes(first) || (largest !== undefined && largest < 2 ** first - 1)) return false;
  if (photometric === 5 && samples !== 4) return false;
  return extra === (alpha === 0 ? 0 : 1) && [0, 1, 2, 3, 5, 6].includes(photometric);
}

/** Pages of the same size; smaller ones are overviews. */
async function pagesOf(file: { getImageCount(): Promise<number>; getImage(index: number): Promise<GeoTIFFImage> }, width: number, height: number): Promise<number> {
  const count = await file.getImageCount();
  let same = 1;
  for (let page = 1; page < count; page += 1) {
    const image = await file.getImage(page);
    if (image.getWidth() === width && image.getHeight() === height) same += 1;
  }
  return same;
}

async function readSamples(image: GeoTIFFImage, layout: Layout, options: ReadTiffOptions): Promise<RawPicture> {
  const { width, height, samples, bits, format, photometric, alpha, extra, orientation } = layout;
  const [first = 1] = bits;
  const type = `${format === 'float' ? 'float' : format}${first}`;
  if (bits.some((one) => one !== first)) throw new Error(`its bands have ${bits.join(', ')} bits. Convert it to as many bits for all`);
  if (![0, 1, 2, 5].includes(photometric)) throw new Error(`its colours (${colourSpaces[photometric] ?? `PhotometricInterpretation ${photometric}`}) are not read${photometric === 8 ? '' : ` of type ${type}`}. Convert it to RGB`);
  const values = await samplesOf(image, layout, type);
  const range = options.range ?? declaredRange(layout) ?? undeclaredRange(type, ...extremes(values));
  let pixels: Uint8Array | Uint16Array = values instanceof Uint8Array && range[0] === 0 && range[1] === 255 ? values : spreadValues(values, range);
  if (photometric === 0) pixels = inverted(pixels);
  if (photometric === 5) {
    const ink = samples === 4 ? pixels : undefined;
    if (ink === undefined) throw new Error(`its ${samples} inks are not read. Convert it to RGB`);
    return orientPixels({ pixels: cmykToRgb(ink), width, height, channels: 3, bands: 3, colour: true, range }, orientation);
  }
  const composited = alpha !== 0 && options.channels !== samples && (samples === 2 || samples === 4);
  if (composited) pixels = compositeAlpha(pixels, samples, options.background, alpha === 1);
  const channels = composited ? samples - 1 : samples;
  return orientPixels({ pixels, width, height, channels, bands: channels, colour: photometric === 2 && samples - extra === 3, range }, orientation);
}

const colourSpaces: Readonly<Record<number, string>> = { 3: 'a palette', 4: 'a transparency mask', 6: 'YCbCr', 8: 'CIE Lab', 9: 'ICC Lab', 10: 'ITU Lab' };

async function samplesOf(image: GeoTIFFImage, { width, height, samples }: Layout, type: string): Promise<StoredValues> {
  const values = (await image.readRasters({ interleave: true }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    if (/unsupported|unknown compression/i.test(reason)) throw new Error(`its samples (${type}) are kept in a way that is not read (${reason}). Convert it to 8 or 16 bits without sign, compressed with Deflate`);
    throw damaged(error);
  })) as unknown as StoredValues;
  if (values.length !== width * height * samples) throw damaged(`${width} x ${height} x ${samples} values were announced, ${values.length} came`);
  return values;
}

/** The range of whole numbers without sign up to 16 bits. */
function declaredRange({ bits, format, largest }: Layout): ValueRange | undefined {
  const [first = 1] = bits;
  return format === 'uint' && first <= 16 ? [0, largest ?? 2 ** first - 1] : undefined;
}

function inverted<Pixels extends Uint8Array | Uint16Array>(pixels: Pixels): Pixels {
  const most = pixels instanceof Uint8Array ? 255 : 65_535;
  return pixels.map((value) => most - value) as Pixels;
}

/** Without a colour profile as PIL does it: `(1 - ink) (1 - black)`. */
export function cmykToRgb<Pixels extends Uint8Array | Uint16Array>(ink: Pixels): Pixels {
  const most = ink instanceof Uint8Array ? 255 : 65_535;
  const count = ink.length / 4;
  const rgb = (ink instanceof Uint8Array ? new Uint8Array(count * 3) : new Uint16Array(count * 3)) as Pixels;
  for (let i = 0; i < count; i += 1) {
    const light = (most - ink[i * 4 + 3]!) / most;
    for (let c = 0; c < 3; c += 1) rgb[i * 3 + c] = Math.round((most - ink[i * 4 + c]!) * light);
  }
  return rgb;
}

function damaged(error: unknown): Error {
  return new Error(`the TIFF is damaged or cut off: ${error instanceof Error ? error.message : String(error)}`);
}
