import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { type Readable } from 'node:stream';
import { dataError, reasonOf } from '../data-error.js';
import { refuseStandIn } from '../stand-in.js';

/** An array as an IDX file holds it. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Most bytes that an IDX file may hold after decompression. */
export const largestIdx = 2 ** 32;

/**
 * Reads an IDX file of unsigned bytes (MNIST's format), gzipped or not. Its length is checked against its header while it is
 * read: a file that is too short, too long or of another format ends in an error, whatever its header claims.
 *
 * @throws SslError that names the file and the byte.
 */
export async function readIdx(path: string): Promise<IdxArray> {
  const found = await stat(path).catch((error: unknown) => {
    throw dataError(`An IDX file was needed, ${path} could not be opened (${reasonOf(error)}). Check the path.`, error);
  });
  if (!found.isFile()) throw dataError(`An IDX file was needed, ${path} is no file. Check the path.`);
  await refuseStandIn(path);
  return (await startsWithGzip(path)) ? parseIdx(path, createReadStream(path), true) : parseIdx(path, createReadStream(path));
}

/** Reads an IDX array from a stream of bytes; `name` is for errors. */
export async function parseIdx(name: string, source: Readable, gzip = false): Promise<IdxArray> {
  const complain = (needed: string, came: string, cause?: unknown) =>
    dataError(`${name}: ${needed} needed, ${came}. The file is damaged or of another format; fetch it again.`, cause);
  const collector = idxCollector(complain, (what) => dataError(`${name}: ${what}`));
  const bytes = gzip ? gunzipped(source) : source;
  try {
    for await (const chunk of bytes) collector.take(chunk as Buffer);
  } catch (error) {
    const wrongData = (error as NodeJS.ErrnoException).code?.startsWith('Z_') === true;
    throw wrongData ? complain('valid gzip data', `${reasonOf(error)} after ${collector.received()} decompressed bytes`, error) : error;
  } finally {
    source.destroy();
  }
  return collector.finish();
}

function gunzipped(source: Readable): Readable {
  const bytes = createGunzip();
  source.once('error', (error) => bytes.destroy(error));
  return source.pipe(bytes);
}

async function startsWithGzip(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { bytesRead, buffer } = await file.read(new Uint8Array(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } finally {
    await file.close();
  }
}

/** Collects an IDX array from chunks, and stops as soon as there is more than the header says. */
function idxCollector(complain: (needed: string, came: string) => Error, refuse: (what: string) => Error) {
  const chunks: Buffer[] = [];
  let received = 0;
  let header: { readonly shape: readonly number[]; readonly offset: number; readonly total: number } | undefined;

  const parseHeader = (): void => {
    const start = Buffer.concat(chunks);
    if (start.length < 4) return;
    const [zero1, zero2, type = 0, rank = 0] = start;
    if (zero1 !== 0 || zero2 !== 0 || rank === 0 || rank > 4) {
      throw complain('an IDX header (0, 0, type, 1 to 4 dimensions) at byte 0', `it starts with ${start.toString('hex', 0, 4)}`);
    }
    const other = { 0x09: 'int8', 0x0b: 'int16', 0x0c: 'int32', 0x0d: 'float32', 0x0e: 'float64' }[type];
    if (other !== undefined) throw refuse(`values of 8 bits without sign were needed (type 0x08), got ${other}. Save the array as .npy, which is read with any type.`);
    if (type !== 0x08) throw complain('values of type 0x08 (unsigned byte) at byte 2', `got type 0x${type.toString(16).padStart(2, '0')}`);
    const offset = 4 + 4 * rank;
    if (start.length < offset) return;
    const shape = Array.from({ length: rank }, (_, axis) => start.readUInt32BE(4 + 4 * axis));
    const total = offset + shape.reduce((product, length) => product * length, 1);
    if (total > largestIdx) throw complain(`at most ${largestIdx} bytes`, `the header at byte 4 says ${shape.join(' x ')}`);
    header = { shape, offset, total };
  };

  return {
    received: () => received,
    take: (chunk: Buffer): void => {
      chunks.push(chunk);
      received += chunk.length;
      if (header === undefined) parseHeader();
      if (header !== undefined && received > header.total) {
        throw complain(`${header.total} bytes (${header.shape.join(' x ')})`, `there is more from byte ${header.total} on`);
      }
    },
    finish(): IdxArray {
      if (header === undefined) throw complain('an IDX header', `the file ends after ${received} bytes`);
      if (received < header.total) {
        throw complain(`${header.total} bytes (${header.shape.join(' x ')})`, `the file ends after ${received}`);
      }
      return { shape: header.shape, data: Buffer.concat(chunks).subarray(header.offset) };
    },
  };
}
