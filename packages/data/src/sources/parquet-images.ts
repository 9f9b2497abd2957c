import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parquetMetadataAsync, parquetReadObjects, type AsyncBuffer, type Compressors, type FileMetaData } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { sectionOf } from '../section-of.js';
import { PassedOverTally } from '../passed-over.js';
import { refuseStandIn } from '../stand-in.js';
import { filesOfFolder, partsOfFiles } from './files-of-folder.js';
import { FilePool } from './file-pool.js';
import { LabelNames } from './label-names.js';
import { PackedNumbers } from './packed-numbers.js';
import { PieceCache } from './piece-cache.js';
import { relativeNames } from './relative-names.js';
import { zstdSizes } from './zstd-sizes.js';

export interface ParquetImagesOptions {
  /** Column of the images: bytes, or a record with `bytes`. Left out: the first of `image`, `img`, `images`, `jpg`, `png`, `bytes` that is there. */
  readonly image?: string;
  /** Column of the classes; `false`: none. Left out: the first of `label`, `labels`, `fine_label`, `class`, `target` that is there. */
  readonly label?: string | false;
  /** Column of the captions; left out: the first of `caption`, `captions`, `text` that is there. */
  readonly caption?: string | false;
  /** Bytes of row groups that are kept in memory. */
  readonly memory?: number;
}

export const parquetImagesDefaults = { memory: 2 ** 29 } as const;

/** Most bytes of one row group and of one page. */
const largestPiece = 2 ** 31;

interface RowGroupPlace {
  readonly file: number;
  readonly rowStart: number;
  readonly rowEnd: number;
  readonly bytes: number;
}

interface Row {
  readonly bytes: Uint8Array | undefined;
  /** The file that a row names in place of an image. */
  readonly named: string | undefined;
  readonly caption: string | undefined;
}

/**
 * Images in Parquet files, as public hubs keep them: a column of encoded images (`{ bytes, path }` or bytes alone), with labels and
 * captions where there are such columns. One image of a row is taken; `passedOver` counts the others. Row groups are read as a whole and a few are kept, so a loader shuffles row groups, and
 * images within some of them at a time (see `Dataset.pieces`).
 *
 * @param paths A file, a folder of .parquet files, or several of either.
 * @throws SslError where a file is damaged or has no column of images.
 */
export async function parquetImages(paths: string | readonly string[], options: ParquetImagesOptions = {}): Promise<Dataset> {
  const tally = new PassedOverTally();
  const files = await findFiles(typeof paths === 'string' ? [paths] : paths, tally);
  const pool = new FilePool(files);
  const buffers: AsyncBuffer[] = [];
  const metadata: FileMetaData[] = [];
  for (const [file, path] of files.entries()) {
    await refuseStandIn(path);
    const buffer = await asyncBuffer(pool, file, path);
    buffers.push(buffer);
    metadata.push(await parquetMetadataAsync(buffer).catch((error: unknown) => Promise.reject(damaged(path, error))));
  }
  const first = metadata[0];
  if (first === undefined) throw dataError('Parquet files were needed, got none. Check the paths.');
  const columns = chooseColumns(first, files[0] ?? '', options);
  for (const [file, { schema }] of metadata.entries()) requireColumns(columns, schema, files[file] ?? '', files[0] ?? '');

  const groups: RowGroupPlace[] = [];
  const starts = new PackedNumbers(Float64Array);
  let size = 0;
  let largest = 1;
  for (const [file, { row_groups: rowGroups }] of metadata.entries()) {
    let row = 0;
    for (const { num_rows: rows, total_byte_size: bytes } of rowGroups) {
      const count = Number(rows);
      if (!Number.isSafeInteger(count) || count < 0 || Number(bytes) > largestPiece) {
        throw dataError(`${files[file] ?? ''}: row groups of at most ${largestPiece} bytes were needed, one says ${bytes} bytes and ${rows} rows. Write smaller ones.`);
      }
      if (count === 0) continue;
      groups.push({ file, rowStart: row, rowEnd: row + count, bytes: Number(bytes) });
      starts.push(size);
      size += count;
      row += count;
      largest = Math.max(largest, Number(bytes));
    }
  }
  if (size === 0) throw dataError(`Parquet files with images were needed, ${files[0] ?? ''} has no rows. Check the file.`);
  const pieceStarts = starts.finish();
  const window = Math.max(1, Math.min(16, Math.floor((options.memory ?? parquetImagesDefaults.memory) / largest / 2)));

  const readRows = async ({ file, rowStart, rowEnd }: RowGroupPlace, names: readonly string[]) => {
    const rows = await parquetReadObjects({
      file: buffers[file]!, metadata: metadata[file]!, columns: [...names], rowStart, rowEnd, compressors: boundedCompressors, utf8: false, geoparquet: false,
    }).catch((error: unknown) => Promise.reject(damaged(files[file] ?? '', error)));
    if (rows.length !== rowEnd - rowStart) throw damaged(files[file] ?? '', `${rowEnd - rowStart} rows were announced, ${rows.length} came`);
    return rows as Record<string, unknown>[];
  };
  const cache = new PieceCache<readonly Row[]>(2 * window, async (piece) => {
    const rows = await readRows(groups[piece]!, columns.caption === undefined ? [columns.image] : [columns.image, columns.caption]);
    return rows.map((row) => ({ bytes: bytesOf(row[columns.image]), named: pathIn(row[columns.image]), caption: captionOf(row[columns.caption ?? '']) }));
  });
  const rowAt = async (index: number): Promise<Row | undefined> => {
    const piece = sectionOf(pieceStarts, index);
    return (await cache.get(piece))[index - (pieceStarts[piece] ?? 0)];
  };

  const fileNames = relativeNames(files);
  countFurther(metadata, columns.image, tally);
  const notes = partsOfFiles(fileNames);
  const placeOf = (names: readonly string[], index: number): string => {
    const piece = sectionOf(pieceStarts, index);
    const { file = 0, rowStart = 0 } = groups[piece] ?? {};
    return `${names[file] ?? ''}[${rowStart + index - (pieceStarts[piece] ?? 0)}]`;
  };

  const labels = new LabelNames();
  if (columns.label !== undefined) {
    for (const group of groups) for (const row of await readRows(group, [columns.label])) labels.push(labelOf(row[columns.label]));
  }
  const finished = labels.finish();
  const named = classNames(first, columns.label);
  const { caption } = columns;
  return {
    name: basename(files[0] ?? '').replace(/\.parquet$/, ''),
    size,
    channels: 3,
    pieces: { starts: pieceStarts, window },
    ...tally.finish(),
    ...(notes.length === 0 ? {} : { notes }),
    ...finished,
    ...(finished.labels !== undefined && named !== undefined && named.length >= (finished.classes?.length ?? 0) ? { classes: named } : {}),
    describe: (index) => placeOf(files, index),
    nameOf: (index) => placeOf(fileNames, index),
    stamp: (index) => Promise.resolve(`row group ${groups[sectionOf(pieceStarts, index)]?.bytes ?? 0}`),
    read: async (index) => {
      const { bytes, named } = (await rowAt(index)) ?? {};
      if (bytes === undefined || bytes.length === 0) {
        throw new Error(named === undefined ? `no image in column ${columns.image}` : `column ${columns.image} names the file ${named} and holds no bytes. Write the images into the file (datasets: cast the column to Image(), then to_parquet), or list the files: list:FILE.txt`);
      }
      return { kind: 'encoded', bytes };
    },
    ...(caption === undefined ? {} : { caption: async (index: number) => (await rowAt(index))?.caption }),
    close: async () => {
      cache.clear();
      await pool.close();
    },
  };
}

async function asyncBuffer(pool: FilePool, file: number, path: string): Promise<AsyncBuffer> {
  const { size } = await stat(path);
  const readSlice = async (from: number, end: number): Promise<ArrayBuffer> => {
    if (!(from >= 0 && end >= from && end <= size)) throw new Error(`bytes ${from} to ${end} were asked for, the file has ${size}`);
    return (await pool.read(file, from, end - from)).buffer as ArrayBuffer;
  };
  return {
    byteLength: size,
    slice: (start, end = size) => {
      const work = readSlice(start < 0 ? size + start : start, end);
      work.catch(() => undefined); // asked for ahead and not always awaited: a failure must not end the process
      return work;
    },
  };
}

/** Decompressors that refuse a page which claims more than any piece may hold, or holds more than it claims. */
const boundedCompressors: Compressors = Object.fromEntries(
  Object.entries(compressors).map(([name, decompress]) => [
    name,
    (input: Uint8Array, outputLength: number): Uint8Array => {
      // No codec of Parquet makes more than about a thousand bytes of one, brotli and zstd aside.
      if (outputLength > largestPiece || outputLength > 1e6 + input.length * 20_000) {
        throw new Error(`a page of ${input.length} bytes claims to hold ${outputLength}`);
      }
      if (name === 'ZSTD') refuseLargerZstd(input, outputLength);
      return decompress(input, outputLength);
    },
  ]),
);

/** The decoder of Zstandard makes whatever its input says; the others stop at the length that was claimed. */
function refuseLargerZstd(input: Uint8Array, outputLength: number): void {
  const { least, most } = zstdSizes(input);
  // Blocks may be much smaller than the largest, but not a hundred times on average.
  if (least > outputLength || most > Math.min(largestPiece, 1e6 + 100 * outputLength)) {
    throw new Error(`a page of ${input.length} bytes claims to hold ${outputLength}, its blocks hold up to ${most}`);
  }
}

interface Columns {
  readonly image: string;
  readonly label: string | undefined;
  readonly caption: string | undefined;
}

function chooseColumns({ schema }: FileMetaData, path: string, options: ParquetImagesOptions): Columns {
  const there = topLevelNames(schema);
  const choose = (asked: string | false | undefined, usual: readonly string[]): string | undefined => {
    if (asked === false) return undefined;
    if (asked === undefined) return usual.find((name) => there.includes(name));
    if (there.includes(asked)) return asked;
    throw dataError(`${path}: a column ${asked} was needed, there are ${there.join(', ')}. Name one of these.`);
  };
  const image = choose(options.image, ['image', 'img', 'images', 'jpg', 'jpeg', 'png', 'bytes', 'image_bytes']);
  if (image === undefined) throw dataError(`${path}: a column of images was needed, there are ${there.join(', ')}. The one with the images, each the bytes of a JPEG or PNG file, must be called image: rename it (or name it: option image).`);
  return {
    image,
    label: choose(options.label, ['label', 'labels', 'fine_label', 'class', 'cls', 'target']),
    caption: choose(options.caption, ['caption', 'captions', 'text']),
  };
}

/** Files of one set have the same columns. */
function requireColumns(columns: Columns, schema: FileMetaData['schema'], path: string, first: string): void {
  const there = topLevelNames(schema);
  const missing = Object.values(columns).filter((name): name is string => name !== undefined && !there.includes(name as string));
  if (missing.length > 0) throw dataError(`${path}: the columns ${missing.join(', ')} of ${first} were needed too, there are ${there.join(', ')}. Open the files one by one, or write the same columns into all.`);
}

/** Counts what the image column, and others beside it, hold more than one image a row. */
function countFurther(files: readonly FileMetaData[], image: string, tally: PassedOverTally): void {
  let further = 0n;
  let without = 0n;
  for (const { row_groups: rowGroups } of files) {
    for (const { num_rows: rows, columns } of rowGroups) {
      const leaves = columns.flatMap(({ meta_data: leaf }) => (leaf?.path_in_schema[0] === image ? [leaf] : []));
      const bytes = leaves.find(({ path_in_schema: path }) => path.at(-1) === 'bytes') ?? leaves[0];
      if (bytes === undefined) continue;
      if (bytes.num_values > rows) further += bytes.num_values - rows;
      without += BigInt(bytes.statistics?.null_count ?? 0);
    }
  }
  tally.add('image', `further ones of a row of column ${image}; the first of each row is taken`, undefined, { count: Number(further) });
  tally.add('row', `without an image in column ${image}`, undefined, { count: Number(without) });
  const [first] = files;
  for (const other of first === undefined ? [] : imageColumns(first)) {
    if (other !== image) tally.add('column', `of images, not read beside ${image}`, other);
  }
}

/** Columns of the first level that hold encoded images, as the `datasets` library writes them: records of bytes and path. */
function imageColumns({ row_groups: [group] }: FileMetaData): string[] {
  const paths = (group?.columns ?? []).flatMap(({ meta_data: leaf }) => (leaf === undefined ? [] : [leaf.path_in_schema]));
  const ends = (name: string, end: string): boolean => paths.some((path) => path.length > 1 && path[0] === name && path.at(-1) === end);
  return [...new Set(paths.map(([name = '']) => name))].filter((name) => ends(name, 'bytes') && ends(name, 'path'));
}

/** The columns of the first level: schema elements come depth first, each with the number of its children. */
function topLevelNames(schema: FileMetaData['schema']): string[] {
  const names: string[] = [];
  const skip = (at: number): number => {
    let next = at + 1;
    for (let child = 0; child < (schema[at]?.num_children ?? 0) && next < schema.length; child += 1) next = skip(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at]?.name ?? '');
  return names;
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return bytesOf(value[0]);
  return typeof value === 'object' && value !== null && 'bytes' in value && value.bytes instanceof Uint8Array ? value.bytes : undefined;
}

/** The file that a record names. */
function pathIn(value: unknown): string | undefined {
  if (Array.isArray(value)) return pathIn(value[0]);
  const path = typeof value === 'object' && value !== null && 'path' in value ? value.path : undefined;
  return path instanceof Uint8Array ? Buffer.from(path).toString('utf8') : typeof path === 'string' ? path : undefined;
}

function captionOf(value: unknown): string | undefined {
  if (Array.isArray(value)) return captionOf(value[0]);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  return typeof value === 'string' ? value : undefined;
}

function labelOf(value: unknown): string | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') return value < 0 ? undefined : String(value);
  return captionOf(value);
}

/** Names of the classes, where the file was written by the `datasets` library. */
function classNames({ key_value_metadata: pairs = [] }: FileMetaData, label: string | undefined): readonly string[] | undefined {
  const text = pairs.find(({ key }) => key === 'huggingface')?.value;
  if (text === undefined || label === undefined) return undefined;
  try {
    const parsed = JSON.parse(text) as { info?: { features?: Record<string, { names?: unknown }> } };
    const names = parsed.info?.features?.[label]?.names;
    return Array.isArray(names) && names.every((name) => typeof name === 'string') ? names : undefined;
  } catch {
    return undefined;
  }
}

async function findFiles(paths: readonly string[], tally: PassedOverTally): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const entry = await stat(path).catch((error: unknown) => {
      throw dataError(`A Parquet file was needed, ${path} could not be opened (${reasonOf(error)}). Check the path.`, error);
    });
    if (!entry.isDirectory()) found.push(path);
    else {
      const inside = await filesOfFolder(path, '.parquet', tally);
      if (inside.length === 0) throw dataError(`A folder with .parquet files was needed, ${path} has none. Check the path.`);
      found.push(...inside);
    }
  }
  return found;
}

function damaged(path: string, error: unknown): Error {
  return dataError(`${path}: a sound Parquet file was needed, ${reasonOf(error)}. The file is damaged or of another format; fetch it again.`, error);
}
