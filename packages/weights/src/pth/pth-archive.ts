import type { PythonValue } from '../pickle/python-values.js';
import type { StorageReference } from './storage-reference.js';

/** The bytes of a whole storage. */
export interface StorageBytes {
  readonly reference: StorageReference;
  readonly bytes: Uint8Array;
}

/** The two parts of a PyTorch file: what was pickled, and the numbers. */
export interface PthArchive {
  readonly form: 'zip' | 'legacy';
  readonly root: PythonValue;
  /** One storage after the other, in the file's order; the references have different keys. */
  readStorages(references: readonly StorageReference[]): AsyncIterable<StorageBytes>;
}
