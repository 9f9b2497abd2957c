import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { FilePool } from './file-pool.js';

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

const valueBytes: Readonly<Record<string, number>> = { '|u1': 1, '|b1': 1, '|i1': 1, '<u2': 2, '>u2': 2, '<i2': 2, '<u4': 4, '<i4': 4, '<i8': 8, '<u8': 8 };

/**
 * Images of a NumPy file, `[count, height, width]` or `[count, height, width, channels]`, 8 or 16 bits without sign. The file is not
 * loaded: each image is read from its place.
 *
 * @throws SslError where the file is damaged or holds something else.
 */
export async function npyImages(path: string, options: NpyImagesOptions = {}): Promise<Dataset> {
  const pool = new FilePool([path]);
  const { type, shape, offset } = await readNpyHeader(path, pool);
  const [size = 0, height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 3 || shape.length > 4 || shape.includes(0)) {
    throw dataError(`${path}: shape [count, height, width] or [count, height, width, channels] was needed, got [${shape.join(', ')}]. Transpose it.`);
  }
  if (!['|u1', '<u2', '>u2'].includes(type)) {
    throw dataError(`${path}: values of type uint8 or uint16 were needed, got ${type}. Convert them (array.astype("uint8")).`);
  }
  const wide = type !== '|u1';
  const bytes = height * width * channels * (wide ? 2 : 1);
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
    read: async (index) => {
      const values = Buffer.from((await pool.read(0, offset + index * bytes, bytes)).buffer);
      if (type === '>u2') values.swap16();
      const pixels = wide ? new Uint16Array(values.buffer) : values;
      return { kind: 'raw', pixels, width, height, channels };
    },
    close: () => pool.close(),
  };
}

async function readNpyNumbers(path: string, count: number): Promise<Int32Array> {
  const pool = new FilePool([path]);
  try {
    const { type, shape, offset } = await readNpyHeader(path, pool);
    if (shape.reduce((a, b) => a * b, 1) !== count) {
      throw dataError(`${path}: ${count} labels were needed, got shape [${shape.join(', ')}]. Give the labels of these images.`);
    }
    const width = valueBytes[type] ?? 0;
    const bytes = Buffer.from(await pool.read(0, offset, count * width));
    return Int32Array.from({ length: count }, (_, index) => {
      const at = index * width;
      if (width === 8) return Number(bytes.readBigInt64LE(at));
      if (type === '>u2') return bytes.readUInt16BE(at);
      return type.includes('u') ? bytes.readUIntLE(at, width) : bytes.readIntLE(at, width);
    });
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
  const width = valueBytes[type];
  if (width === undefined) throw dataError(`${path}: whole numbers were needed, got type ${type}. Convert them with astype.`);
  const shape = shapeText.split(',').map((part) => part.trim()).filter((part) => part !== '').map(Number);
  const total = offset + shape.reduce((a, b) => a * b, width);
  if (total !== size) throw complain(`${total} bytes (${type}, ${shape.join(' x ')})`, `the file has ${size}`);
  return { type, shape, offset };
}
