import { standInFor } from './stand-in.js';

/** How the bytes of an image file are read: by libvips, or by a decoder of their own. */
export type FileKind = 'tiff' | 'bmp' | 'heic' | 'vips';

/** Tells the kind by the content; endings lie. */
export function fileKind(bytes: Uint8Array): FileKind {
  const start = latin1(bytes, 0, 4);
  if (start === 'II*\0' || start === 'MM\0*' || start === 'II+\0' || start === 'MM\0+') return 'tiff';
  if (start.startsWith('BM') && isBmp(bytes)) return 'bmp';
  return brands(bytes).some((brand) => heicBrands.includes(brand)) && !brands(bytes).includes('avif') ? 'heic' : 'vips';
}

const heicBrands = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];

/** The brands of an ISO media file, the major one first. */
function brands(bytes: Uint8Array): string[] {
  if (latin1(bytes, 4, 8) !== 'ftyp') return [];
  const length = Math.min(bytes.length, 8 + 4 * 64, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0));
  const found = [latin1(bytes, 8, 12)];
  for (let at = 16; at + 4 <= length; at += 4) found.push(latin1(bytes, at, at + 4));
  return found;
}

function isBmp(bytes: Uint8Array): boolean {
  if (bytes.length < 26) return true; // too short to be anything else: the reader says so
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(14, true);
  return header === 12 || (header >= 16 && header <= 1024);
}

const toPng = (name: string): string => `it is ${name}, which is not read. Convert it to PNG or JPEG (ImageMagick: magick FILE photo.png)`;

/**
 * What a file is that no decoder here reads, in words, with what to do.
 *
 * @param bytes - of the whole file.
 */
export function unreadableKind(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty (0 bytes)';
  if (bytes.every((byte) => byte === 0)) return `all ${bytes.length} bytes of the file are zero, as after a crash while it was written or copied. Copy it again`;
  const start = latin1(bytes, 0, 512);
  const standIn = standInFor(bytes);
  if (standIn !== undefined) return `it is ${standIn}`;
  if (/^P[1-7]\s/.test(start)) return toPng('a PPM or PGM image');
  if (/^\s*\{/.test(start) && printable(start)) return 'it is JSON text, not an image: perhaps a download that failed';
  const known = signatures.find(([at, mark]) => latin1(bytes, at, at + mark.length) === mark);
  if (known !== undefined) return known[2];
  const [brand = ''] = brands(bytes);
  if (brand === 'crx ') return toPng(rawPhoto('Canon CR3'));
  if (['qt  ', 'isom', 'mp41', 'mp42', 'M4V ', 'avc1', '3gp4', '3gp5'].includes(brand)) return 'it is a video, not an image. Take frames from it (ffmpeg -i FILE frame-%05d.png)';
  if (printable(start)) return `it is text, not an image. It begins with ${JSON.stringify(start.slice(0, 40).trim())}`;
  return `it is of no image format that is known here; it begins with ${Buffer.from(bytes.subarray(0, 8)).toString('hex')}`;
}

const rawPhoto = (camera: string): string => `a raw photo (${camera})`;

/** Place and bytes of a mark, and what a file is that has it. */
const signatures: readonly (readonly [number, string, string])[] = [
  [0, '8BPS', toPng('a Photoshop document')],
  [0, '\0\0\0\u000CjP  ', toPng('JPEG 2000')],
  [0, '\u00FFO\u00FFQ', toPng('JPEG 2000')],
  [0, '\u00FF\n', toPng('JPEG XL')],
  [0, '\0\0\0\u000CJXL ', toPng('JPEG XL')],
  [0, '%PDF', 'it is a PDF, not an image. Take the pages out as images (pdftoppm -png FILE page)'],
  [0, 'IIU\0', toPng(rawPhoto('Panasonic RW2'))],
  [0, 'IIRO', toPng(rawPhoto('Olympus ORF'))],
  [0, 'MMOR', toPng(rawPhoto('Olympus ORF'))],
  [0, 'FUJIFILM', toPng(rawPhoto('Fujifilm RAF'))],
  [0, '\0MRM', toPng(rawPhoto('Minolta MRW'))],
  [0, 'FOVb', toPng(rawPhoto('Sigma X3F'))],
  [0, 'v/1\u0001', toPng('OpenEXR')],
  [0, '#?RADIANCE', toPng('a Radiance HDR image')],
  [0, 'SIMPLE  =', toPng('a FITS image')],
  [128, 'DICM', toPng('a DICOM image')],
  [0, 'DDS ', toPng('a DirectDraw surface')],
  [0, 'gimp xcf', toPng('a GIMP document')],
  [0, 'DJVM', toPng('DjVu')],
  [0, 'AT&TFORM', toPng('DjVu')],
  [0, '\0\0\u0001\0', toPng('an icon (.ico)')],
  [0, '\u000A\u0005\u0001', toPng('a PCX image')],
  [0, '\u0093NUMPY', 'it is a NumPy array, not an image. Name it as data: npy:PATH'],
  [0, '\u0089HDF', 'it is an HDF5 file, not an image. Save its arrays as .npy'],
  [0, 'PK\u0003\u0004', 'it is a ZIP archive, not an image. Unpack it'],
  [0, '\u001F\u008B', 'it is compressed with gzip. Unpack it'],
  [0, 'Rar!', 'it is a RAR archive, not an image. Unpack it'],
  [0, '7z\u00BC\u00AF', 'it is a 7z archive, not an image. Unpack it'],
  [257, 'ustar', 'it is a tar archive, not an image. Name it as data: tar:PATH'],
  [0, 'PAR1', 'it is a Parquet file, not an image. Name it as data: parquet:PATH'],
  [0, '\u001AE\u00DF\u00A3', 'it is a video, not an image. Take frames from it (ffmpeg -i FILE frame-%05d.png)'],
];

/** What raw photos are that have the form of a TIFF, and whose first page is a small preview; undefined for any other TIFF. */
export function rawPhotoOfTiff(bytes: Uint8Array, make: string | undefined, { dng, preview, mosaic }: { readonly dng: boolean; readonly preview: boolean; readonly mosaic: boolean }): string | undefined {
  if (latin1(bytes, 8, 10) === 'CR') return toPng(rawPhoto('Canon CR2'));
  if (dng) return toPng(rawPhoto('DNG'));
  return preview || mosaic ? toPng(rawPhoto(make?.replace(/\0.*$/, '').trim() ?? 'of a camera')) : undefined;
}

function printable(text: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what text does not have
  return text.length > 0 && !/[\0-\u0008\u000E-\u001F\u007F]/.test(text);
}

function latin1(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}
