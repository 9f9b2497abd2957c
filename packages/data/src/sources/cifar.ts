import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { dataError, reasonOf } from '../data-error.js';
import type { Dataset } from '../dataset.js';
import { refuseStandIn } from '../stand-in.js';

export interface CifarOptions {
  readonly split?: 'train' | 'test' | 'all';
  /** CIFAR-100 only: the 100 classes or the 20 groups of them. */
  readonly labels?: 'fine' | 'coarse';
}

const side = 32;
const plane = side * side;
const pixelBytes = 3 * plane;

interface CifarKind {
  readonly name: string;
  readonly train: readonly string[];
  readonly test: readonly string[];
  readonly labelBytes: number;
  readonly classCounts: readonly number[];
  readonly classFiles: readonly string[];
}

const kinds = {
  cifar10: {
    name: 'CIFAR-10',
    train: [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`),
    test: ['test_batch.bin'],
    labelBytes: 1,
    classCounts: [10],
    classFiles: ['batches.meta.txt'],
  },
  cifar100: {
    name: 'CIFAR-100',
    train: ['train.bin'],
    test: ['test.bin'],
    labelBytes: 2,
    classCounts: [20, 100],
    classFiles: ['coarse_label_names.txt', 'fine_label_names.txt'],
  },
} as const satisfies Record<string, CifarKind>;

/**
 * CIFAR-10 in its binary version.
 * @param folder The folder with `data_batch_1.bin` to `data_batch_5.bin` and `test_batch.bin`, or the one above it.
 */
export function cifar10(folder: string, options: CifarOptions = {}): Promise<Dataset> {
  return readCifar(kinds.cifar10, 'cifar-10-batches-bin', folder, options);
}

/**
 * CIFAR-100 in its binary version.
 * @param folder The folder with `train.bin` and `test.bin`, or the one above it.
 */
export function cifar100(folder: string, options: CifarOptions = {}): Promise<Dataset> {
  return readCifar(kinds.cifar100, 'cifar-100-binary', folder, options);
}

async function readCifar(kind: CifarKind, usualName: string, path: string, { split = 'train', labels = 'fine' }: CifarOptions): Promise<Dataset> {
  const inside = await readdir(path).catch((error: unknown) => {
    throw dataError(`The folder of ${kind.name} was needed, ${path} could not be read (${reasonOf(error)}). Check the path.`, error);
  });
  const folder = inside.includes(usualName) ? join(path, usualName) : path;
  const names = split === 'train' ? kind.train : split === 'test' ? kind.test : [...kind.train, ...kind.test];
  const record = kind.labelBytes + pixelBytes;
  const position = kind.labelBytes === 2 && labels === 'fine' ? 1 : 0;
  const classCount = kind.classCounts[position] ?? 0;
  const files: Uint8Array[] = [];
  for (const name of names) files.push(await readRecords(join(folder, name), record, kind.name));
  const starts = [0];
  for (const file of files) starts.push((starts.at(-1) ?? 0) + file.length / record);
  const size = starts.at(-1) ?? 0;

  const numbers = new Int32Array(size);
  let at = 0;
  for (const [index, file] of files.entries()) {
    for (let offset = 0; offset < file.length; offset += record, at += 1) {
      const label = file[offset + position] ?? 0;
      if (label >= classCount) {
        throw dataError(
          `${join(folder, names[index] ?? '')}: a label below ${classCount} was needed at byte ${offset + position}, got ${label}. ` +
            `The file is damaged or not ${kind.name}; fetch it again.`,
        );
      }
      numbers[at] = label;
    }
  }
  return {
    name: kind.name,
    size,
    channels: 3,
    labels: numbers,
    classes: await classNames(join(folder, kind.classFiles[position] ?? ''), classCount),
    describe: (index) => `${kind.name}[${index}]`,
    read: (index) => {
      const file = starts.findLastIndex((start) => start <= index && start < size);
      const offset = (index - (starts[file] ?? 0)) * record + kind.labelBytes;
      const pixels = interleaved((files[file] ?? new Uint8Array()).subarray(offset, offset + pixelBytes));
      return Promise.resolve({ kind: 'raw', pixels, width: side, height: side, channels: 3 });
    },
  };
}

async function readRecords(path: string, record: number, name: string): Promise<Uint8Array> {
  await refuseStandIn(path);
  const bytes = await stat(path)
    .then(({ size }) => {
      if (size === 0 || size % record !== 0 || size > 2 ** 31) {
        throw dataError(
          `${path}: ${name} needs a whole number of records of ${record} bytes, the file has ${size} bytes ` +
            `(the last record starts at byte ${size - (size % record)}). The file is damaged; fetch it again.`,
        );
      }
      return readFile(path);
    })
    .catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      throw dataError(`${name} needs ${path}, it could not be read (${reasonOf(error)}). Give the folder of the binary version.`, error);
    });
  return bytes;
}

/** Three planes, red first, to channels last. */
function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(pixelBytes);
  for (let i = 0; i < plane; i += 1) {
    for (let c = 0; c < 3; c += 1) pixels[i * 3 + c] = planes[c * plane + i] ?? 0;
  }
  return pixels;
}

async function classNames(path: string, count: number): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  const names = text.split(/\r?\n/).map((line) => line.trim());
  const filled = names.filter((line) => line !== '');
  return filled.length === count ? filled : Array.from({ length: count }, (_, index) => String(index));
}
