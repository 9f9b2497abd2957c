import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSslError } from '../errors.js';
import { decodeSafetensors } from './decode-safetensors.js';
import { encodeSafetensors } from './encode-safetensors.js';
import { readSafetensors } from './read-safetensors.js';
import { storedValues, storeValues, type StoredTensor } from './stored-tensor.js';
import { writeFileAtomically } from './write-file-atomically.js';

const fixture = (name: string) => readFile(new URL(`./__fixtures__/${name}`, import.meta.url));

/** A file from a header as text and some bytes of data. */
function fileOf(header: string, data = 0, announced = Buffer.byteLength(header)): Uint8Array {
  const bytes = Buffer.alloc(8 + Buffer.byteLength(header) + data);
  bytes.writeBigUInt64LE(BigInt(announced));
  bytes.write(header, 8);
  return bytes;
}

const entry = (name: string, begin: number, end: number, shape = [(end - begin) / 4]) =>
  `"${name}":${JSON.stringify({ dtype: 'F32', shape, data_offsets: [begin, end] })}`;

describe('safetensors', () => {
  it.each(['every-type.safetensors', 'wide-types.safetensors', 'resnet18-narrow.safetensors'])(
    'writes %s byte for byte as the safetensors library',
    async (name) => {
      const bytes = await fixture(name);
      const { tensors, metadata } = decodeSafetensors(bytes);
      const names = Object.keys(tensors).sort((a, b) => (a < b ? 1 : -1)); // another order than in the file
      const shuffled = Object.fromEntries(names.map((key) => [key, tensors[key]!]));
      expect(Buffer.compare(encodeSafetensors(shuffled, metadata), bytes)).toBe(0);
    },
  );

  it('reads every dtype', async () => {
    const { tensors, metadata } = decodeSafetensors(await fixture('every-type.safetensors'));
    const values = (name: string) => [...storedValues(tensors[name]!)];
    expect(metadata).toEqual({ format: 'pt' });
    expect(values('b.float')).toEqual([1.5, -2.25, Math.fround(3e-41), Infinity, Math.fround(0.1), -0]);
    expect(tensors['a.float']?.shape).toEqual([]);
    expect(values('half')).toEqual([1, -0.3330078125, 65504, 2 ** -24, 168 * 2 ** -24]);
    expect(values('brain').slice(0, 2)).toEqual([1, -0.33203125]);
    expect(values('long')).toEqual([2 ** 31 - 1, -(2 ** 31), 7]);
    expect(values('int')).toEqual([1, -5]);
    expect(values('byte')).toEqual([0, 255]);
    expect(values('bool')).toEqual([1, 0, 1]);
    expect(tensors.empty?.shape).toEqual([0, 3]);
    expect(values('naïve "name"')).toEqual([1]);
  });

  it('reads and stores numbers of 64, 16 and 8 bits', async () => {
    const { tensors } = decodeSafetensors(await fixture('wide-types.safetensors'));
    const expected = { double: [1.5, Math.fround(-0.1)], short: [-300, 7], tiny: [-128, 5] };
    for (const [name, values] of Object.entries(expected)) expect([...storedValues(tensors[name]!)], name).toEqual(values);
    for (const [name, values] of Object.entries({ ...expected, double: [1.5, -0.1] })) {
      const { dtype, shape, bytes } = tensors[name]!;
      expect([...storeValues(values, shape, dtype).bytes], name).toEqual([...bytes]);
    }
  });

  it('rounds to half precision as PyTorch does', async () => {
    const { tensors } = decodeSafetensors(await fixture('every-type.safetensors'));
    const half = storeValues([1, -0.333, 65504, 6e-8, 1e-5], [5], 'F16');
    const brain = storeValues([1, -0.333, 3e38, 1e-39], [4], 'BF16');
    expect([...half.bytes]).toEqual([...(tensors.half!).bytes]);
    expect([...brain.bytes]).toEqual([...(tensors.brain!).bytes]);
    const edges = storeValues([65519, 65520, 2 ** -25, 1.0001 * 2 ** -25, 2 ** -14 - 2 ** -25, NaN], [6], 'F16');
    expect([...storedValues(edges)]).toEqual([65504, Infinity, 0, 2 ** -24, 2 ** -14, NaN]);
  });

  it('every half-precision number survives the round trip', () => {
    const bytes = new Uint8Array(Uint16Array.from({ length: 0x7c00 }, (_, i) => i).buffer);
    for (const dtype of ['F16', 'BF16'] as const) {
      const stored: StoredTensor = { dtype, shape: [0x7c00], bytes };
      const again = storeValues(storedValues(stored), [0x7c00], dtype);
      expect(Buffer.compare(again.bytes, bytes), dtype).toBe(0);
    }
  });

  it('refuses int64 values that int32 cannot hold', () => {
    const bytes = new Uint8Array(BigInt64Array.of(2n ** 40n).buffer);
    expect(() => storedValues({ dtype: 'I64', shape: [1], bytes }, 'steps')).toThrow(/1099511627776 in 'steps'/);
  });

  it.each([
    ['nothing', new Uint8Array(3), /at byte 0 a header length of 8 bytes/],
    ['a huge header', fileOf('{}', 0, 2 ** 40), /at byte 0 the header must be at most 100000000 bytes, got 1099511627776/],
    ['a truncated header', fileOf('{}', 0, 50), /at byte 8 a header of 50 bytes was announced, got 2/],
    ['no JSON', fileOf('{"a":'), /at byte 8 the header is not JSON/],
    ['broken UTF-8', fileOf('{"a":1}').fill(0xff, 8), /the header is not JSON/],
    ['a list', fileOf('[1]'), /not a JSON object/],
    ['null for a tensor', fileOf('{"a":null}'), /'a' should have one of the dtypes/],
    ['an unknown dtype', fileOf('{"a":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}', 1), /dtypes BOOL.*got F8/],
    ['a negative shape', fileOf(`{${entry('a', 0, 4, [-1])}}`, 4), /'a' has no valid shape/],
    ['a shape of strings', fileOf('{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}', 4), /no valid shape/],
    ['three offsets', fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 4), /no valid data_offsets/],
    ['offsets that do not fit', fileOf(`{${entry('a', 0, 4, [2])}}`, 4), /should take 8 bytes, got offsets 0 to 4/],
    ['overlap', fileOf(`{${entry('a', 0, 8)},${entry('b', 4, 12)}}`, 12), /'b' should begin at 8 of the data, got 4/],
    ['a gap', fileOf(`{${entry('a', 0, 4)},${entry('b', 8, 12)}}`, 12), /'b' should begin at 4 of the data, got 8/],
    ['truncated data', fileOf(`{${entry('a', 0, 8)}}`, 4), /should end at 70, got 66 bytes/],
    ['bytes at the end', fileOf(`{${entry('a', 0, 4)}}`, 5), /should end at 66, got 67 bytes/],
    ['a repeated name', fileOf(`{${entry('a', 0, 4)},${entry('a', 4, 8)}}`, 8), /names 'a' twice/],
    ['a repeated name, escaped', fileOf(`{${entry('a', 0, 4)},${entry('\\u0061', 4, 8)}}`, 8), /names 'a' twice/],
    ['numbers as metadata', fileOf('{"__metadata__":{"a":1}}'), /__metadata__ should map names to strings/],
  ])('explains a file with %s', (_what, bytes, message) => {
    const decode = () => decodeSafetensors(bytes, 'weights.safetensors');
    expect(decode).toThrow(message);
    expect(decode).toThrow(/weights\.safetensors is not a whole safetensors file/);
  });

  it('never throws anything but an SslError, whatever byte of a file is broken', async () => {
    const whole = await fixture('every-type.safetensors');
    for (let i = 0; i < whole.length; i++) {
      for (const value of [0, 0xff, (whole[i]!) ^ 1, (whole[i]!) ^ 0x20]) {
        const broken = Uint8Array.from(whole);
        broken[i] = value;
        try {
          decodeSafetensors(broken);
        } catch (error) {
          if (!isSslError(error)) throw error;
        }
      }
    }
    for (let length = 0; length < whole.length; length++) {
      expect(() => decodeSafetensors(whole.subarray(0, length))).toThrow(/not a whole safetensors file/);
    }
  });

  it('refuses bytes that do not fill the shape', () => {
    expect(() => encodeSafetensors({ a: { dtype: 'F32', shape: [2], bytes: new Uint8Array(4) } })).toThrow(
      /8 bytes for F32 \[2\], got 4 for 'a'/,
    );
  });
});

describe('writeFileAtomically', () => {
  it('replaces the file and leaves nothing else behind', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ssl-files-'));
    const path = join(folder, 'a.bin');
    await writeFileAtomically(path, Uint8Array.of(1, 2));
    await writeFileAtomically(path, Uint8Array.of(3));
    expect([...(await readFile(path))]).toEqual([3]);
    expect(await readdir(folder)).toEqual(['a.bin']);
  });

  it('keeps the old file where writing fails, and removes what it began', async () => {
    // A folder of that name makes the last step, the renaming, fail after all bytes are written.
    const folder = await mkdtemp(join(tmpdir(), 'ssl-files-'));
    await writeFile(join(folder, 'kept'), 'old');
    await expect(writeFileAtomically(folder, Uint8Array.of(1))).rejects.toThrow(/was to be written \(1 bytes\), got/);
    expect(await readdir(folder)).toEqual(['kept']);
  });

  it('says that a folder is missing', async () => {
    const path = join(tmpdir(), 'ssl-no-such-folder', 'a.bin');
    await expect(writeFileAtomically(path, Uint8Array.of(1))).rejects.toThrow(/the folder does not exist/);
    await expect(readSafetensors(path)).rejects.toThrow(/was to be read, got: ENOENT/);
  });
});
