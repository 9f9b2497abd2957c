import { SslError, type StoredTensor } from '@ssl/core';
import type { PythonTensor, PythonValue } from '../pickle/python-values.js';
import { collectTensors } from './collect-tensors.js';
import { gatherStrided, reach } from './gather-strided.js';
import { openLegacyArchive } from './open-legacy-archive.js';
import { openZipArchive } from './open-zip-archive.js';
import { openRandomAccess, type RandomAccess } from './random-access.js';
import { readStorageReference, storedTypeOf, type StorageReference } from './storage-reference.js';

export interface ReadPthOptions {
  /** Classes besides the known ones that are kept as data, `my.package.Config`; still nothing is run. */
  readonly allow?: readonly string[];
}

export interface PthFile {
  /** How it was written: by PyTorch since 1.6, or before. */
  readonly form: 'zip' | 'legacy';
  /** Every tensor by its dotted path: `model.blocks.0.norm1.weight`. */
  readonly tensors: Readonly<Record<string, StoredTensor>>;
  /** Paths of what is no tensor: `epoch`, `args`. */
  readonly others: readonly string[];
  /** Everything as it was pickled, tensors without their numbers. */
  readonly root: PythonValue;
}

/** Views may repeat numbers; a file that grows more than so many times is refused. */
const mostGrowth = 8;
const smallGrowth = 1 << 24;

/**
 * Reads a PyTorch file (`.pth`, `.pt`, `.bin`, `.ckpt`; the form since PyTorch 1.6 and the one before) without Python and
 * without running anything of it.
 *
 * @throws SslError where the file is damaged (with the byte), or names a class or function that is refused (with its name).
 * @example
 * const { tensors } = await readPth('dinov2_vits14_pretrain.pth');
 * tensors.cls_token.shape; // [1, 1, 384]
 */
export async function readPth(path: string, { allow = [] }: ReadPthOptions = {}): Promise<PthFile> {
  const file = await openRandomAccess(path);
  try {
    return await readOpened(file, allow);
  } finally {
    await file.close();
  }
}

async function readOpened(file: RandomAccess, allow: readonly string[]): Promise<PthFile> {
  const start = Buffer.from(await file.read(0, Math.min(4, file.size)));
  if (start.length < 4) throw new SslError(`${file.path} was to be a PyTorch file, got ${String(file.size)} bytes. Fetch the file again.`, { from: '@ssl/weights' });
  const isZip = start.readUInt32LE(0) === 0x04034b50;
  const archive = isZip ? await openZipArchive(file, allow) : await openLegacyArchive(file, allow);
  const { form, root } = archive;
  const { tensors: found, others } = collectTensors(root);

  const byStorage = new Map<string, { reference: StorageReference; tensors: [string, PythonTensor, StorageReference][] }>();
  let grown = 0;
  for (const [name, tensor] of found) {
    const reference = readStorageReference(tensor.storage, `${file.path}: '${name}'`);
    checkView(tensor, reference, `${file.path}: '${name}'`);
    grown += bytesOf(tensor, reference);
    const group = byStorage.get(reference.key);
    if (group === undefined) byStorage.set(reference.key, { reference, tensors: [[name, tensor, reference]] });
    else group.tensors.push([name, tensor, reference]);
  }
  if (grown > mostGrowth * file.size + smallGrowth) {
    throw new SslError(`${file.path} was to hold tensors of about its own size, got views of ${String(grown)} bytes in ${String(file.size)}. Save the tensors with .clone().`, { from: '@ssl/weights' });
  }

  const values = new Map<string, StoredTensor>();
  for await (const { reference, bytes } of archive.readStorages([...byStorage.values()].map(({ reference: first }) => first))) {
    for (const [name, tensor, own] of byStorage.get(reference.key)!.tensors) values.set(name, storedTensor(tensor, own, bytes));
  }
  return { form, root, others, tensors: Object.fromEntries([...found.keys()].map((name) => [name, values.get(name)!])) };
}

function bytesOf({ shape }: PythonTensor, { dtype }: StorageReference): number {
  return shape.reduce((product, length) => product * length, dtype.size);
}

function checkView(tensor: PythonTensor, reference: StorageReference, what: string): void {
  const { dtype: named } = tensor;
  const stored = named === undefined ? reference.dtype.stored : storedTypeOf(named);
  if (stored === undefined || (named !== undefined && reference.dtype.stored !== stored)) {
    throw new SslError(`${what} was to be a tensor of a float, whole or boolean type, got ${named ?? 'bytes without a type'}. Convert it (tensor.float()) and save it again.`, { from: '@ssl/weights' });
  }
  const end = reach(tensor);
  if (Number.isSafeInteger(end) && end <= reference.count) return;
  throw new SslError(
    `${what} was to lie in its storage, got [${tensor.shape.join(', ')}] with strides [${tensor.strides.join(', ')}] from ${String(tensor.offset)} on, which reaches ${String(end)} of ${String(reference.count)} numbers. Fetch the file again.`,
    { from: '@ssl/weights' },
  );
}

function storedTensor({ offset, shape, strides }: PythonTensor, { dtype, start }: StorageReference, bytes: Uint8Array): StoredTensor {
  return { dtype: dtype.stored!, shape, bytes: gatherStrided(bytes, dtype.size, { offset: offset + start, shape, strides }) };
}
