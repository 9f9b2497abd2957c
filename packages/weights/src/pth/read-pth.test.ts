import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSslError, storedValues } from '@ssl/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PythonDict, PythonRecord } from '../pickle/python-values.js';
import { readPth } from './read-pth.js';

interface Golden {
  readonly cases: readonly { readonly name: string; readonly tensors: Readonly<Record<string, { dtype: string; shape: number[]; sha256: string }>> }[];
}

const fixture = (name: string) => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));
const golden = JSON.parse(readFileSync(fixture('pth.json'), 'utf8')) as Golden;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ssl-pth-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function messageOf(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'hostile.pth');
  writeFileSync(path, bytes);
  try {
    await readPth(path);
  } catch (error) {
    expect(isSslError(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe("the same tensors as PyTorch's own reader", () => {
  it.each(golden.cases)('$name', async ({ name, tensors }) => {
    const read = await readPth(fixture(name));
    const described = Object.entries(read.tensors).map(([path, { dtype, shape, bytes }]) => [path, { dtype, shape, sha256: createHash('sha256').update(bytes).digest('hex') }]);
    expect(Object.fromEntries(described)).toEqual(tensors);
    expect(Object.keys(read.tensors)).toEqual(Object.keys(tensors));
  });

  it.each(['zip', 'legacy'] as const)('%s: what is no tensor is kept as data', async (form) => {
    const read = await readPth(fixture(`everything-${form}.pth`));
    expect(read.form).toBe(form);
    expect(read.others).toContain('args');
    expect(read.others).toContain('optimizer.param_groups');
    const root = read.root as PythonDict;
    const args = root.get('args') as PythonRecord;
    expect(args.type).toBe('argparse.Namespace');
    expect((args.state as PythonDict).get('arch')).toBe('vit_tiny');
    expect([root.get('epoch'), root.get('big'), root.get('none'), root.get('flag'), root.get('text')]).toEqual([5, 2n ** 70n, null, true, 'naïve']);
    expect([...(root.get('bytes') as Uint8Array)]).toEqual([0, 255]);
    expect(root.get('size')).toEqual([2, 3]);
    expect([...storedValues(read.tensors['views.step']!)]).toEqual([6, 8, 10, 12, 14, 16, 18, 20, 22]);
  });
});

describe('what is refused', () => {
  it('a whole module, with what to do', async () => {
    await expect(readPth(fixture('module.pth'))).rejects.toThrow(/'torch\.nn\.modules\.linear\.Linear' at byte \d+.*model\.state_dict\(\)/);
  });

  it('a function', async () => {
    await expect(readPth(fixture('print.pth'))).rejects.toThrow(/'__builtin__\.print' at byte \d+, which is refused/);
    const { tensors } = await readPth(fixture('print.pth'), { allow: ['__builtin__.print'] });
    expect(Object.keys(tensors)).toContain('state_dict.0.weight');
  });

  it('a file that is not there, or is something else', async () => {
    await expect(readPth(join(folder, 'none.pth'))).rejects.toThrow(/was to be read/);
    expect(await messageOf(Buffer.from('GIF89a and so on'))).toMatch(/a zip or a pickle was needed, got 'GIF8'/);
    expect(await messageOf(Buffer.from([0x80, 2, 0x4b, 7, 0x2e]))).toMatch(/magic number was needed, got another pickle/);
    expect(await messageOf(Buffer.from('a'))).toMatch(/got 1 bytes/);
  });

  it.each(['zip', 'legacy'])('%s: a file that was cut, wherever', async (form) => {
    const whole = readFileSync(fixture(`everything-${form}.pth`));
    for (let length = 0; length < whole.length - 1; length += 397) expect(await messageOf(whole.subarray(0, length))).not.toBe('');
  });

  it('numbers of a storage that are not where the pickle says', async () => {
    const zip = readFileSync(fixture('protocol-3.pth'));
    // The count of numbers in the pickle: 24, BININT1.
    const at = zip.indexOf(Buffer.from([0x4b, 24, 0x74, 0x71]));
    const changed = Buffer.from(zip);
    changed[at + 1] = 200;
    expect(await messageOf(changed)).toMatch(/800 bytes were needed in data\/0, got 96/);
  });

  it('a view that leaves its storage, or multiplies it without measure', async () => {
    const zip = readFileSync(fixture('protocol-3.pth'));
    const size = zip.indexOf(Buffer.from([0x4b, 4, 0x4b, 6, 0x86])); // (4, 6)
    const strides = zip.indexOf(Buffer.from([0x4b, 6, 0x4b, 1, 0x86])); // (6, 1)
    expect(size).toBeGreaterThan(0);
    expect(strides).toBeGreaterThan(0);
    const far = Buffer.from(zip);
    far[size + 1] = 5;
    expect(await messageOf(far)).toMatch(/'w' was to lie in its storage, got \[5, 6\].*reaches 30 of 24/);
    const legacy = pickled(2 ** 31 - 1, 0);
    expect(await messageOf(legacy)).toMatch(/about its own size, got views of/);
    expect(await messageOf(pickled(2 ** 31 - 1, 2 ** 31 - 1))).toMatch(/lie in its storage/);
  });

  it('a zip with compressed members or one name twice', async () => {
    const zip = readFileSync(fixture('protocol-3.pth'));
    const central = zip.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    const compressed = Buffer.from(zip);
    compressed.writeUInt16LE(8, central + 10);
    expect(await messageOf(compressed)).toMatch(/without compression were needed, got 'protocol-3\/data\.pkl' compressed/);
    expect(await messageOf(readFileSync(fixture('twice.pth')))).toMatch(/different names were needed, got 'twice\/data\/0' twice/);
  });

  it('member names that lead elsewhere are only names', async () => {
    const zip = Buffer.from(readFileSync(fixture('protocol-3.pth')));
    for (let at = zip.indexOf('protocol-3/data/0'); at >= 0; at = zip.indexOf('protocol-3/data/0', at + 1)) zip.write('../../../../etc/x', at);
    expect(await messageOf(zip)).toMatch(/invalid relative path|data\/0 was needed/);
  });
});

/** A file of the old form with one tensor of `[length, length]` over a storage of one number, whose strides are `stride`. */
function pickled(length: number, stride: number): Buffer {
  const text = (word: string) => `X${String.fromCharCode(word.length)}\0\0\0${word}`;
  const int = (value: number) => {
    const bytes = Buffer.alloc(5);
    bytes[0] = 0x4a;
    bytes.writeInt32LE(value, 1);
    return bytes.toString('latin1');
  };
  const storage = `(${text('storage')}ctorch\nFloatStorage\n${text('0')}${text('cpu')}K\x01NtQ`;
  const tensor = `ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\x00${int(length)}${int(4)}\x86${int(stride)}K\x00\x86\x89}tR`;
  const parts = [
    '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.',
    '\x80\x02M\xe9\x03.',
    `\x80\x02}${text('little_endian')}\x88s.`,
    `\x80\x02}${text('w')}${tensor}s.`,
    `\x80\x02]${text('0')}a.`,
    '\x01\0\0\0\0\0\0\0\0\0\x80\x3f',
  ];
  return Buffer.from(parts.join(''), 'latin1');
}
