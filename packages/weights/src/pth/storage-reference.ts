import { SslError, type StoredType } from '@ssl/core';
import { PythonGlobal, type PersistentReference } from '../pickle/python-values.js';

/** Where a tensor's values lie: a run of numbers that several tensors may share. */
export interface StorageReference {
  readonly key: string;
  readonly dtype: StorageType;
  /** Numbers in it. */
  readonly count: number;
  /** First number of an old file's view of a storage. */
  readonly start: number;
  /** Numbers of the storage that the view is of. */
  readonly rootCount: number;
}

/** Bytes for each number; `untyped` storages are bytes, their tensors say of which type. */
export interface StorageType {
  readonly stored: StoredType | undefined;
  readonly size: number;
}

const types: Readonly<Record<string, StorageType>> = {
  DoubleStorage: { stored: 'F64', size: 8 },
  FloatStorage: { stored: 'F32', size: 4 },
  HalfStorage: { stored: 'F16', size: 2 },
  BFloat16Storage: { stored: 'BF16', size: 2 },
  LongStorage: { stored: 'I64', size: 8 },
  IntStorage: { stored: 'I32', size: 4 },
  ShortStorage: { stored: 'I16', size: 2 },
  CharStorage: { stored: 'I8', size: 1 },
  ByteStorage: { stored: 'U8', size: 1 },
  BoolStorage: { stored: 'BOOL', size: 1 },
  UntypedStorage: { stored: undefined, size: 1 },
};

/** Types of tensors that name their own. */
const dtypes: Readonly<Record<string, StoredType>> = {
  'torch.float64': 'F64',
  'torch.float32': 'F32',
  'torch.float16': 'F16',
  'torch.bfloat16': 'BF16',
  'torch.int64': 'I64',
  'torch.int32': 'I32',
  'torch.int16': 'I16',
  'torch.int8': 'I8',
  'torch.uint8': 'U8',
  'torch.bool': 'BOOL',
};

/** The type that `torch.bfloat16` means here; `undefined` for complex, quantised and 8-bit floating types. */
export function storedTypeOf(dtype: string): StoredType | undefined {
  return dtypes[dtype];
}

/**
 * Reads `('storage', torch.FloatStorage, key, location, count)`, with a sixth entry `(view key, start, count)` in old files.
 *
 * @throws SslError where the reference is none, or of a number type that is not read here.
 */
export function readStorageReference({ id }: PersistentReference, source: string): StorageReference {
  const [kind, type, key, , count, view] = Array.isArray(id) ? id : [];
  if (kind !== 'storage' || !(type instanceof PythonGlobal) || !isCount(count) || (typeof key !== 'string' && !isCount(key))) {
    throw new SslError(`${source} was to name a storage of numbers, got ${JSON.stringify(kind ?? null)}. Save the state dictionary alone: torch.save(model.state_dict(), …).`, { from: '@ssl/weights' });
  }
  const dtype = types[type.name];
  if (dtype === undefined) {
    throw new SslError(`${source} was to hold numbers of the types ${Object.keys(types).join(', ')}, got ${type.path}. Convert the tensors (tensor.float()) and save them again.`, { from: '@ssl/weights' });
  }
  const whole = { key: String(key), dtype, count, start: 0, rootCount: count };
  if (view === undefined || view === null) return whole;
  const [, start, length] = Array.isArray(view) ? view : [];
  if (!isCount(start) || !isCount(length) || start + length > count) {
    throw new SslError(`${source} was to hold views inside storages, got one that reaches beyond ${String(count)} numbers. Fetch the file again.`, { from: '@ssl/weights' });
  }
  return { ...whole, count: length, start };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
