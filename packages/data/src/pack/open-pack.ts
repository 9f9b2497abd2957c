import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { crc32 } from 'node:zlib';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset, ImageSource } from '../dataset.js';
import { FilePool } from '../sources/file-pool.js';
import { PieceCache } from '../sources/piece-cache.js';
import { sectionOf } from '../section-of.js';
import { damagedPack, decodeHeader, decodeTable, packDataStart } from './pack-format.js';

export interface OpenPackOptions {
  /**
   * Images are read in runs of about this many bytes, and the shuffled order keeps to some runs at a time: for files much larger
   * than memory, on disks that are slow at random reads. Left out: each image is read on its own, and shuffling is complete.
   */
  readonly runBytes?: number;
  /** Runs that are mixed with each other. */
  readonly runWindow?: number;
}

export const openPackDefaults: Required<Omit<OpenPackOptions, 'runBytes'>> = { runWindow: 16 };

/** A pack, with what it takes. */
export interface PackDataset extends Dataset {
  readonly kind: 'pixels' | 'encoded';
  /** Side of the squares; 0 where images are encoded. */
  readonly side: number;
  /** Bytes of memory that the table takes. */
  readonly indexMemory: number;
}

/**
 * Opens an .sslpack file. Its table is read and checked; images are read from their places, in any order, and each is checked
 * against its checksum (a damaged one counts as broken, the others go on).
 *
 * @throws SslError where the file is damaged, cut off, or of another format.
 */
export async function openPack(path: string, options: OpenPackOptions = {}): Promise<PackDataset> {
  const fileSize = await stat(path).then(
    (found) => (found.isFile() ? found.size : -1),
    (error: unknown) => {
      throw dataError(`An .sslpack file was needed, ${path} could not be opened (${reasonOf(error)}). Check the path.`, error);
    },
  );
  if (fileSize < 0) throw dataError(`An .sslpack file was needed, ${path} is no file. Check the path.`);
  const pool = new FilePool([path]);
  try {
    const header = Buffer.from(await pool.read(0, 0, Math.min(32, fileSize)));
    const { start, length, checksum } = decodeHeader(path, header, fileSize);
    const table = Buffer.from(await pool.read(0, start, length));
    const { description, columns } = decodeTable(path, table, checksum, start);
    return packDataset(path, pool, start, description, columns, { ...openPackDefaults, ...options });
  } catch (error) {
    await pool.close();
    throw error;
  }
}

type Table = ReturnType<typeof decodeTable>;

function packDataset(
  path: string,
  pool: FilePool,
  end: number,
  description: Table['description'],
  columns: Table['columns'],
  { runBytes, runWindow }: OpenPackOptions & typeof openPackDefaults,
): PackDataset {
  const { name, count, kind, side, channels, classes } = description;
  const { checksums = new Uint32Array(0), aspects, offsets, lengths, labels, groups } = columns;
  const fixed = side * side * channels;
  const startOf = (index: number): number => offsets?.[index] ?? packDataStart + index * fixed;
  checkPlaces(path, count, end, startOf, lengths, kind === 'pixels' ? fixed : undefined);

  const runs = runBytes === undefined ? undefined : runStarts(count, startOf, runBytes);
  const runCache =
    runs && new PieceCache(2 * runWindow, async (run) => {
      const from = startOf(runs[run] ?? 0);
      return pool.read(0, from, startOf(runs[run + 1] ?? count) - from);
    });
  const record = async (index: number): Promise<Uint8Array> => {
    const from = startOf(index);
    const length = startOf(index + 1) - from;
    let bytes: Uint8Array;
    if (runs === undefined || runCache === undefined) bytes = await pool.read(0, from, length);
    else {
      const run = sectionOf(runs, index);
      const at = from - startOf(runs[run] ?? 0);
      bytes = (await runCache.get(run)).subarray(at, at + length);
    }
    if (crc32(bytes) !== checksums[index]) throw new Error(`the record at byte ${from} of ${path} has a wrong checksum`);
    return bytes;
  };
  const imageLength = (index: number): number => lengths?.[index] ?? fixed;

  return {
    name,
    size: count,
    channels,
    kind,
    side,
    indexMemory: Object.values(columns).reduce((sum, column) => sum + column.byteLength, 0),
    ...(classes === undefined ? {} : { classes }),
    ...(labels === undefined ? {} : { labels }),
    ...(groups === undefined ? {} : { groups }),
    ...(runs === undefined ? {} : { pieces: { starts: runs, window: runWindow } }),
    describe: (index) => `${path}[${index}]`,
    nameOf: (index) => `${basename(path)}[${index}]`,
    read: async (index): Promise<ImageSource> => {
      const bytes = (await record(index)).subarray(0, imageLength(index));
      if (kind === 'encoded') return { kind: 'encoded', bytes };
      return { kind: 'raw', pixels: bytes, width: side, height: side, channels, aspect: aspects?.[index] ?? 1 };
    },
    ...(lengths === undefined
      ? {}
      : {
          caption: async (index: number) => {
            const bytes = (await record(index)).subarray(imageLength(index));
            return bytes.length === 0 ? undefined : Buffer.from(bytes).toString('utf8');
          },
        }),
    close: async () => {
      runCache?.clear();
      await pool.close();
    },
  };
}

/** Places come from a file: they must rise, stay inside, and hold their images. */
function checkPlaces(
  path: string,
  count: number,
  end: number,
  startOf: (index: number) => number,
  lengths: Uint32Array | undefined,
  fixed: number | undefined,
): void {
  const last = startOf(count);
  if (startOf(0) !== packDataStart || last > end) throw damagedPack(path, `records from byte ${startOf(0)} to ${last} were announced, the table begins at ${end}`);
  if (lengths === undefined) return;
  for (let index = 0; index < count; index += 1) {
    const room = startOf(index + 1) - startOf(index);
    const length = lengths[index] ?? 0;
    if (!(room >= length) || (fixed !== undefined && length !== fixed)) throw damagedPack(path, `record ${index} has ${room} bytes for an image of ${length}`);
  }
}

/** First image of each run of about `runBytes` bytes. */
function runStarts(count: number, startOf: (index: number) => number, runBytes: number): Float64Array {
  const starts: number[] = [];
  let from = -Infinity;
  for (let index = 0; index < count; index += 1) {
    if (startOf(index + 1) - from <= runBytes) continue;
    starts.push(index);
    from = startOf(index);
  }
  return Float64Array.from(starts);
}
