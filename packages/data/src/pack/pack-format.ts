import { crc32 } from 'node:zlib';
import { dataError } from '../data-error.js';
import type { PassedOver } from '../passed-over.js';

/*
 * Layout of an .sslpack file, version 1. Numbers are little-endian.
 *
 *   byte 0      8 bytes  "SSLPACK" and the version (1)
 *   byte 8      u64      where the table begins
 *   byte 16     u64      length of the table in bytes
 *   byte 24     u32      CRC-32 of the table
 *   byte 28     u32      CRC-32 of bytes 0 to 27
 *   byte 4096   records, one after another: the image (pixels, or an encoded file), then its caption in UTF-8, if it has one
 *   table       u32 length of a JSON text, the text, zeros up to a multiple of 8, then columns, each padded to a multiple of 8
 *
 * The JSON text is a PackDescription; it lists the columns in their order. `count` images:
 *
 *   checksums   u32 [count]        CRC-32 of each record
 *   aspects     f32 [count]        width over height of the original
 *   offsets     f64 [count + 1]    where each record begins; left out where all have the same length and no captions
 *   lengths     u32 [count]        bytes of the image in its record; left out with `offsets`
 *   labels      i32 [count]        where there are classes; -1: none
 *   groups      i32 [count]        where there are groups
 */

export const packMark = Buffer.from('SSLPACK\x01', 'latin1');
export const packDataStart = 4096;

const columnTypes = { checksums: Uint32Array, aspects: Float32Array, offsets: Float64Array, lengths: Uint32Array, labels: Int32Array, groups: Int32Array } as const;

export type ColumnName = keyof typeof columnTypes;
export type Columns = { readonly [Name in ColumnName]?: InstanceType<(typeof columnTypes)[Name]> };

export interface PackDescription {
  readonly name: string;
  readonly count: number;
  /** `pixels`: squares of `side`, channels last, one byte a value. `encoded`: image files. */
  readonly kind: 'pixels' | 'encoded';
  readonly side: number;
  readonly channels: number;
  readonly classes?: readonly string[];
  /** What was not taken from the images that were packed, broken ones too. */
  readonly passedOver?: readonly PassedOver[];
  readonly columns: readonly ColumnName[];
}

const padded = (length: number): number => Math.ceil(length / 8) * 8;

function columnLength(name: ColumnName, count: number): number {
  return name === 'offsets' ? count + 1 : count;
}

/** The header for a file whose table is given. */
export function encodeHeader(tableStart: number, table: Uint8Array): Buffer {
  const header = Buffer.alloc(32);
  packMark.copy(header);
  header.writeBigUInt64LE(BigInt(tableStart), 8);
  header.writeBigUInt64LE(BigInt(table.length), 16);
  header.writeUInt32LE(crc32(table), 24);
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28);
  return header;
}

/** Where the table lies. Throws where the header is damaged or of another format. */
export function decodeHeader(path: string, header: Buffer, fileSize: number): { readonly start: number; readonly length: number; readonly checksum: number } {
  if (header.length < 32 || !header.subarray(0, 7).equals(packMark.subarray(0, 7))) {
    throw dataError(`${path}: an .sslpack file was needed, byte 0 says ${header.toString('hex', 0, 8)}. Make one with ssl pack.`);
  }
  if (header[7] !== packMark[7]) {
    throw dataError(`${path}: an .sslpack file of version ${packMark[7] ?? 0} was needed, got version ${header[7] ?? 0}. Pack the images again, or update @ssl/data.`);
  }
  if (crc32(header.subarray(0, 28)) !== header.readUInt32LE(28)) throw damagedPack(path, 'the header (byte 0) has a wrong checksum');
  const start = Number(header.readBigUInt64LE(8));
  const length = Number(header.readBigUInt64LE(16));
  if (start + length !== fileSize) throw damagedPack(path, `${start + length} bytes were announced, the file has ${fileSize}`);
  return { start, length, checksum: header.readUInt32LE(24) };
}

export function encodeTable(description: Omit<PackDescription, 'columns'>, columns: Columns): Buffer {
  const names = (Object.keys(columnTypes) as ColumnName[]).filter((name) => columns[name] !== undefined);
  const text = Buffer.from(JSON.stringify({ ...description, columns: names } satisfies PackDescription));
  const parts: Uint8Array[] = [];
  const add = (bytes: Uint8Array): void => void parts.push(bytes, new Uint8Array(padded(bytes.length) - bytes.length));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(text.length);
  add(Buffer.concat([length, text]));
  for (const name of names) {
    const column = columns[name];
    if (column !== undefined) add(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
  }
  return Buffer.concat(parts);
}

/** Takes a table apart and checks it: lengths, that offsets rise, that numbers fit. */
export function decodeTable(path: string, table: Buffer, checksum: number, tableStart: number): { description: PackDescription; columns: Columns } {
  if (crc32(table) !== checksum) throw damagedPack(path, `the table at byte ${tableStart} has a wrong checksum`);
  const textLength = table.length >= 4 ? table.readUInt32LE(0) : 0;
  const description = parseDescription(path, table.toString('utf8', 4, 4 + textLength));
  let at = padded(4 + textLength);
  const columns: { -readonly [Name in ColumnName]?: Columns[Name] } = {};
  for (const name of description.columns) {
    const length = columnLength(name, description.count);
    const bytes = length * columnTypes[name].BYTES_PER_ELEMENT;
    if (at + bytes > table.length) throw damagedPack(path, `column ${name} ends behind the table`);
    const copy = table.buffer.slice(table.byteOffset + at, table.byteOffset + at + bytes);
    columns[name] = new columnTypes[name](copy as ArrayBuffer) as never;
    at += padded(bytes);
  }
  return { description, columns };
}

function parseDescription(path: string, text: string): PackDescription {
  let found: Partial<PackDescription>;
  try {
    found = JSON.parse(text) as Partial<PackDescription>;
  } catch {
    throw damagedPack(path, 'the description is no JSON');
  }
  const { count, kind, side, channels, columns, passedOver } = found;
  const whole = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
  const sound =
    whole(count) && whole(side) && whole(channels) && (kind === 'pixels' || kind === 'encoded') &&
    Array.isArray(columns) && columns.every((name: unknown) => typeof name === 'string' && Object.hasOwn(columnTypes, name)) && columns.includes('checksums') && columns.includes('aspects') &&
    (passedOver === undefined || (Array.isArray(passedOver) && passedOver.every(isPassedOver))) &&
    (kind === 'pixels' || (columns.includes('offsets') && columns.includes('lengths')));
  if (!sound) throw damagedPack(path, `the description makes no sense: ${text.slice(0, 80)}`);
  return found as PackDescription;
}

function isPassedOver(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const { count, what, reason, examples, mayBeImages } = value as Partial<PassedOver>;
  return Number.isInteger(count) && typeof what === 'string' && typeof reason === 'string' && typeof mayBeImages === 'boolean' && Array.isArray(examples) && examples.every((name) => typeof name === 'string');
}

export function damagedPack(path: string, reason: string): Error {
  return dataError(`${path}: a sound .sslpack file was needed, ${reason}. The file is damaged; copy or pack it again.`);
}
