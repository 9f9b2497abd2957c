import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { refuseStandIn } from '../stand-in.js';
import { extremes, undeclaredRange, type StoredValues, type ValueRange } from '../value-range.js';
import { FilePool } from './file-pool.js';
import { numpyBytes, numpyValues } from './numpy-values.js';

export interface NpyImagesOptions {
  readonly name?: string;
  /** A .npy file with one whole number for each image. */
  readonly labels?: string;
  readonly classes?: readonly string[];
}

/** What the header of an .npy file says. */
export interface NpyHeader {
  /** NumPy's name of the type: `|u1`, `<i8`. */
  readonly type: string;
  readonly shape: readonly number[];
  /** First byte of the data. */
  readonly offset: number;
}

/** Images that are looked at where the type of a file does not say which values are black and white. */
const imagesLookedAt = 64;

/**
 * Images of a NumPy file, `[count, height, width]` or `[count, height, width, channels]`: whole numbers, floating point or
 * booleans. The file is not loaded: each image is read from its place.
 *
 * 8 and 16 bits without sign go from black to the largest number of their type. For any others 64 images spread over the file are looked at:
 * floating point within 0 to 1 is taken for 0 to 1, values within 0 to 255 for 0 to 255, in all images alike, and an image with
 * values beyond counts as broken. Where neither holds, the range must be given (option `range` of `openDataset`).
 *
 * @throws SslError where the file is damaged or holds something else.
 */
export async function npyImages(path: string, options: NpyImagesOptions = {}): Promise<Dataset> {
  await refuseStandIn(path);
  const pool = new FilePool([path]);
  const { type, shape, offset } = await readNpyHeader(path, pool);
  const [size = 0, height = 0, width = 0, channels = 1] = shape;
  if (size === 0 && shape.length >= 3) throw dataError(`${path}: an array with images was needed, got [${shape.join(', ')}], which holds none. Check what was saved.`);
  if (shape.length < 3 || shape.length > 4 || shape.includes(0)) {
    throw dataError(`${path}: shape [count, height, width] or [count, height, width, channels] was needed, got [${shape.join(', ')}]. Transpose it.`);
  }
  const bytes = height * width * channels * (numpyBytes[type.slice(1)] ?? 1);
  const values = async (index: number) => numpyValues(type, Buffer.from((await pool.read(0, offset + index * bytes, bytes)).buffer));
  const assumedRange = ['u1', 'u2', 'b1'].includes(type.slice(1)) ? undefined : await assumeRange(type, size, values);
  const labels = options.labels === undefined ? undefined : await readNpyNumbers(options.labels, size);
  const most = labels?.reduce((a, b) => Math.max(a, b), 0) ?? 0;
  const classes = options.classes ?? Array.from({ length: most + 1 }, (_, number) => String(number));
  return {
    name: options.name ?? basename(path),
    size,
    channels,
    ...(labels === undefined ? {} : { labels, classes }),
    describe: (index) => `${path}[${index}]`,
    nameOf: (index) => `${basename(path)}[${index}]`,
    read: async (index) => ({ kind: 'raw', pixels: await values(index), width, height, channels, ...(assumedRange === undefined ? {} : { assumedRange }) }),
    close: () => pool.close(),
  };
}

/** The range of some images together; undefined where none fits, for then each image is refused unless a range is given. */
async function assumeRange(type: string, size: number, values: (index: number) => Promise<StoredValues>): Promise<ValueRange | undefined> {
  let [low, high] = [Infinity, -Infinity];
  const count = Math.min(imagesLookedAt, size);
  for (let k = 0; k < count; k += 1) {
    try {
      const [least, most] = extremes(await values(Math.floor((k * size) / count)));
      [low, high] = [Math.min(low, least), Math.max(high, most)];
    } catch {
      // An image with NaN is refused by itself.
    }
  }
  try {
    return undeclaredRange(type.slice(1).replace('f', 'float'), low, high);
  } catch {
    return undefined;
  }
}

async function readNpyNumbers(path: string, count: number): Promise<Int32Array> {
  const pool = new FilePool([path]);
  try {
    const { type, shape, offset } = await readNpyHeader(path, pool);
    if (shape.reduce((a, b) => a * b, 1) !== count) {
      throw dataError(`${path}: ${count} labels were needed, got shape [${shape.join(', ')}]. Give the labels of these images.`);
    }
    if (!/^.[biu]/.test(type)) throw dataError(`${path}: whole numbers were needed as labels, got type ${type}. Convert them (array.astype("int64")).`);
    const bytes = Buffer.from((await pool.read(0, offset, count * (numpyBytes[type.slice(1)] ?? 1))).buffer);
    return Int32Array.from(numpyValues(type.replace('b1', 'u1'), bytes));
  } finally {
    await pool.close();
  }
}

/** Reads and checks the header of an .npy file (versions 1 to 3), and the length of the file against it. */
export async function readNpyHeader(path: string, pool: FilePool): Promise<NpyHeader> {
  const size = await stat(path).then(
    (found) => (found.isFile() ? found.size : -1),
    (error: unknown) => {
      throw dataError(`A NumPy file was needed, ${path} could not be opened (${reasonOf(error)}). Check the path.`, error);
    },
  );
  if (size < 0) throw dataError(`A NumPy file was needed, ${path} is no file. Check the path.`);
  const complain = (needed: string, came: string) => dataError(`${path}: ${needed} needed, ${came}. The file is damaged or of another format.`);
  if (size < 12) throw complain('a header of 12 bytes or more', `the file has ${size} bytes`);
  const start = Buffer.from(await pool.read(0, 0, 12));
  if (start.toString('latin1', 0, 6) !== '\x93NUMPY') throw complain('the mark "\\x93NUMPY" at byte 0', `got ${start.toString('hex', 0, 6)}`);
  const version = start[6] ?? 0;
  if (version < 1 || version > 3) throw complain('version 1, 2 or 3 at byte 6', `got ${version}`);
  const textAt = version === 1 ? 10 : 12;
  const length = version === 1 ? start.readUInt16LE(8) : start.readUInt32LE(8);
  const offset = textAt + length;
  if (offset > size || length > 65_536) throw complain(`a header of ${length} bytes at byte ${textAt}`, `the file has ${size} bytes`);
  const text = Buffer.from(await pool.read(0, textAt, length)).toString('latin1');
  const type = /'descr':\s*'([^']+)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shapeText = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (type === undefined || order === undefined || shapeText === undefined) {
    throw complain(`type, order and shape in the header at byte ${textAt}`, `got ${JSON.stringify(text.slice(0, 80))}`);
  }
  if (order === 'True') throw dataError(`${path}: C order was needed, the array is in Fortran order. Save numpy.ascontiguousarray of it.`);
  const width = numpyBytes[type.slice(1)];
  if (width === undefined || !/^[<>|=]/.test(type)) throw dataError(`${path}: numbers were needed, got type ${type}. Convert them with astype.`);
  const shape = shapeText.split(',').map((part) => part.trim()).filter((part) => part !== '').map(Number);
  const total = offset + shape.reduce((a, b) => a * b, width);
  if (total !== size) throw complain(`${total} bytes (${type}, ${shape.join(' x ')})`, `the file has ${size}`);
  return { type, shape, offset };
}
