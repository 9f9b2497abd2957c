import { SslError } from '../errors.js';
import { longestSafetensorsHeader } from './longest-safetensors-header.js';
import { sizeOfShape, storedTypes, type StoredTensor, type StoredType } from './stored-tensor.js';

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** By name, in the order of their bytes; views into the file's buffer. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads a safetensors file, and trusts nothing in it: the header must fit, every offset must lie inside the file, the
 * tensors must fill it without gap or overlap.
 *
 * @param source - Names the file in errors.
 * @throws SslError with the file, the offset in it, and what is wrong there.
 */
export function decodeSafetensors(bytes: Uint8Array, source = 'safetensors data'): SafetensorsFile {
  const fail = (offset: number, problem: string): SslError =>
    new SslError(
      `${source} is not a whole safetensors file: at byte ${String(offset)} ${problem}. Write or fetch the file again.`,
      { from: '@ssl/core' },
    );
  if (bytes.length < 8) throw fail(0, `a header length of 8 bytes was needed, got ${String(bytes.length)} bytes in all`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = Number(view.getBigUint64(0, true));
  if (headerLength > longestSafetensorsHeader) {
    throw fail(0, `the header must be at most ${String(longestSafetensorsHeader)} bytes, got ${String(headerLength)}`);
  }
  if (headerLength > bytes.length - 8) {
    throw fail(8, `a header of ${String(headerLength)} bytes was announced, got ${String(bytes.length - 8)}`);
  }
  const header = parseHeader(bytes.subarray(8, 8 + headerLength), fail);
  const start = 8 + headerLength;
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkEntry(name, entry, start, fail))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let position = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== position) {
      throw fail(start + begin, `'${name}' should begin at ${String(position)} of the data, got ${String(begin)}`);
    }
    position = end;
  }
  if (start + position !== bytes.length) {
    throw fail(Math.min(bytes.length, start + position), `the file should end at ${String(start + position)}, got ${String(bytes.length)} bytes`);
  }
  const tensors = entries.map(({ name, dtype, shape, begin, end }): [string, StoredTensor] => [
    name,
    { dtype, shape, bytes: bytes.subarray(start + begin, start + end) },
  ]);
  return { tensors: Object.fromEntries(tensors), metadata: checkMetadata(header.__metadata__, fail) };
}

type Fail = (offset: number, problem: string) => SslError;

interface Entry extends Omit<StoredTensor, 'bytes'> {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

function parseHeader(bytes: Uint8Array, fail: Fail): Readonly<Record<string, unknown>> {
  let text: string;
  let header: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw fail(8, `the header is not JSON (${cause instanceof Error ? cause.message : String(cause)})`);
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw fail(8, 'the header is not a JSON object');
  }
  const repeated = firstRepeatedKey(text);
  if (repeated !== undefined) throw fail(8, `the header names '${repeated}' twice`);
  return header as Readonly<Record<string, unknown>>;
}

/** JSON.parse keeps the last of two equal keys; this finds them. Looks at the outermost object of valid JSON. */
function firstRepeatedKey(json: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (const match of json.matchAll(token)) {
    const text = match[0];
    if (text === '{' || text === '[') depth++;
    else if (text === '}' || text === ']') depth--;
    else if (depth === 1 && match[1] !== undefined) {
      const key = JSON.parse(text.slice(0, text.length - match[1].length)) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function checkEntry(name: string, entry: unknown, start: number, fail: Fail): Entry {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !Object.hasOwn(storedTypes, dtype)) {
    throw fail(8, `'${name}' should have one of the dtypes ${Object.keys(storedTypes).join(', ')}, got ${String(dtype)}`);
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) throw fail(8, `'${name}' has no valid shape`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw fail(8, `'${name}' has no valid data_offsets`);
  }
  const [begin, end] = offsets as [number, number];
  const expected = sizeOfShape(shape) * storedTypes[dtype as StoredType];
  if (end - begin !== expected) {
    throw fail(
      start + begin,
      `'${name}' of ${dtype} [${shape.join(', ')}] should take ${String(expected)} bytes, got offsets ${String(begin)} to ${String(end)}`,
    );
  }
  return { name, dtype: dtype as StoredType, shape, begin, end };
}

function checkMetadata(metadata: unknown, fail: Fail): Readonly<Record<string, string>> {
  if (metadata === undefined) return {};
  const valid =
    typeof metadata === 'object' &&
    metadata !== null &&
    Object.values(metadata).every((value) => typeof value === 'string');
  if (!valid) throw fail(8, '__metadata__ should map names to strings');
  return metadata as Readonly<Record<string, string>>;
}
