import { closeSync, openSync, readSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { dataError } from '../data-error.js';

/** A file inside a tar archive, or what stands for one there. */
export interface TarEntry {
  readonly name: string;
  /** A link has no content of its own; a sparse file's content has gaps. */
  readonly kind: 'file' | 'link' | 'sparse';
  /** First byte of its content. */
  readonly offset: number;
  readonly size: number;
}

const block = 512;
const longestName = 65_536;
const kinds: Readonly<Record<string, TarEntry['kind']>> = { '0': 'file', '\0': 'file', '7': 'file', '1': 'link', '2': 'link', S: 'sparse' };

/** What headers before an entry say about it. */
interface Override {
  name?: string;
  size?: number;
  sparse?: boolean;
}

/**
 * The files and links of a tar archive (ustar, pax, GNU), by their headers alone: contents are jumped over. Names are handed
 * on as they are and never used as paths on this machine. An archive that is appended behind the end of another is read too.
 *
 * @throws SslError that names file and byte where a header is damaged or the archive ends too early.
 */
export async function* tarEntries(path: string, size: number): AsyncGenerator<TarEntry, void> {
  const window = headerWindow(path);
  try {
    checkStart(path, window.read(0, 2), size);
    let at = 0;
    let override: Override = {};
    for (let count = 1; at + block <= size; count += 1) {
      if (count % 2000 === 0) await nextTurn(); // headers are read synchronously, in small pieces
      const header = window.read(at, block);
      if (isZero(header)) {
        const next = afterEnd(window, at, size);
        if (next === undefined) return;
        at = next;
        continue;
      }
      checkHeader(path, at, header);
      const type = String.fromCharCode(header[156] ?? 0);
      const length = override.size !== undefined && !'xgLK'.includes(type) ? override.size : parseNumber(header, 124, 12);
      const content = at + block;
      if (!Number.isSafeInteger(length) || length < 0 || content + length > size) {
        throw dataError(`${path}: the entry at byte ${at} needs ${length} bytes, the file ends at byte ${size}. The archive is cut off; fetch it again.`);
      }
      if ('xL'.includes(type)) {
        if (length > longestName) throw dataError(`${path}: names of at most ${longestName} bytes were needed, the one at byte ${at} has ${length}.`);
        const text = window.read(content, length);
        override = type === 'L' ? { ...override, name: zeroEnded(text) } : { ...override, ...paxFields(text) };
      } else {
        const kind = kinds[type] ?? (override.sparse === true ? 'sparse' : undefined);
        if (kind !== undefined) yield { name: override.name ?? nameOf(header), kind: override.sparse === true ? 'sparse' : kind, offset: content, size: length };
        if (type !== 'g' && type !== 'K') override = {};
      }
      at = content + Math.ceil(length / block) * block;
    }
  } finally {
    window.close();
  }
}

/** Zeros that may lie between two archives: the last record of the first is filled up with them. */
const mostPadding = 2 ** 16;

/** Where an archive goes on that was appended behind the end mark at `at`. */
function afterEnd(window: HeaderWindow, at: number, size: number): number | undefined {
  for (let next = at + block; next + block <= size && next - at <= mostPadding; next += block) {
    const header = window.read(next, block);
    if (!isZero(header)) return checksumOf(header) === parseNumber(header, 148, 8) ? next : undefined;
  }
  return undefined;
}

function isZero(header: Buffer): boolean {
  return header.every((byte) => byte === 0);
}

interface HeaderWindow {
  read(at: number, length: number): Buffer;
  close(): void;
}

/** Reads small pieces of a file through a buffer of one page. */
function headerWindow(path: string): HeaderWindow {
  const descriptor = openSync(path, 'r');
  const buffer = Buffer.alloc(4096);
  let start = 0;
  let filled = 0;
  return {
    read(at, length) {
      if (length > buffer.length) {
        const own = Buffer.alloc(length);
        return own.subarray(0, readSync(descriptor, own, 0, length, at));
      }
      if (at < start || at + length > start + filled) {
        start = at;
        filled = readSync(descriptor, buffer, 0, buffer.length, at);
      }
      return Buffer.from(buffer.subarray(at - start, Math.min(filled, at - start + length)));
    },
    close: () => closeSync(descriptor),
  };
}

function checkStart(path: string, [first, second]: Buffer, size: number): void {
  if (first === 0x1f && second === 0x8b) {
    throw dataError(`${path}: a plain tar archive was needed, this one is gzipped, which allows no random access. Unpack it once: gunzip < ${path} > unpacked.tar, and name that file.`);
  }
  if (size < block) throw dataError(`${path}: a tar archive was needed, the file has ${size} bytes. Fetch it again.`);
}

function checkHeader(path: string, at: number, header: Buffer): void {
  const sum = checksumOf(header);
  const claimed = parseNumber(header, 148, 8);
  if (sum !== claimed) {
    throw dataError(`${path}: a tar header with checksum ${sum} was needed at byte ${at}, got ${claimed}. The archive is damaged or no tar file.`);
  }
}

/** Sum of a header's bytes, those of the checksum itself taken for blanks. */
function checksumOf(header: Buffer): number {
  let sum = 8 * 32;
  for (const [index, byte] of header.entries()) if (index < 148 || index >= 156) sum += byte;
  return sum;
}

/** Octal digits, or GNU's base 256 for large numbers. NaN where it is neither. */
function parseNumber(header: Buffer, at: number, length: number): number {
  const first = header[at] ?? 0;
  if (first === 0x80) {
    let value = 0;
    for (const byte of header.subarray(at + 1, at + length)) value = value * 256 + byte;
    return value;
  }
  const text = zeroEnded(header.subarray(at, at + length)).trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(text === '' ? '0' : text, 8) : Number.NaN;
}

function nameOf(header: Buffer): string {
  const name = zeroEnded(header.subarray(0, 100));
  const prefix = header.toString('latin1', 257, 262) === 'ustar' && header[262] === 0 ? zeroEnded(header.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** `length key=value\n` records of a pax header. */
function paxFields(text: Buffer): Override {
  const fields: Override = {};
  for (let at = 0; at < text.length; ) {
    const space = text.indexOf(32, at);
    const length = Number(text.toString('latin1', at, Math.max(at, space)));
    if (space < 0 || !Number.isInteger(length) || length <= 0) break;
    const record = text.toString('latin1', space + 1, at + length - 1);
    if (record.startsWith('GNU.sparse.')) fields.sparse = true;
    if (record.startsWith('GNU.sparse.name=')) fields.name = record.slice(16);
    else if (record.startsWith('path=') && fields.sparse !== true) fields.name = record.slice(5);
    if (record.startsWith('size=')) fields.size = Number(record.slice(5));
    at += length;
  }
  return fields;
}

function zeroEnded(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}
