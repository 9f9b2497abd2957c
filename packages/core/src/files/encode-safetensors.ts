import { SslError } from '../errors.js';
import { encodeSafetensorsHeader } from './encode-safetensors-header.js';
import { sizeOfShape, storedTypes, type StoredTensor, type StoredType } from './stored-tensor.js';

/** Order of dtypes in files of the safetensors library, widest first, so that every tensor starts aligned. */
const order: readonly StoredType[] = ['I64', 'F64', 'F32', 'I32', 'BF16', 'F16', 'I16', 'I8', 'U8', 'BOOL'];

/**
 * A safetensors file, byte for byte as the safetensors library (0.5 and later) writes it: an 8-byte length, a JSON
 * header padded with spaces to 8 bytes, then the tensors by dtype and name.
 *
 * @param tensors - By name; `__metadata__` is taken.
 * @param metadata - Strings for the header.
 * @throws SslError where a tensor's bytes do not fill its shape.
 */
export function encodeSafetensors(
  tensors: Readonly<Record<string, StoredTensor>>,
  metadata?: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(tensors).sort(
    ([aName, a], [bName, b]) => order.indexOf(a.dtype) - order.indexOf(b.dtype) || compareBytes(aName, bName),
  );
  for (const [name, { dtype, shape, bytes }] of entries) {
    if (name === '__metadata__' || bytes.length !== sizeOfShape(shape) * storedTypes[dtype]) {
      throw new SslError(
        `a stored tensor needs a free name and ${String(sizeOfShape(shape) * storedTypes[dtype])} bytes for ${dtype} [${shape.join(', ')}], got ${String(bytes.length)} for '${name}'. Use storeValues.`,
        { from: '@ssl/core' },
      );
    }
  }
  const header = encodeSafetensorsHeader(entries.map(([name, { dtype, shape }]) => ({ name, dtype, shape })), metadata);
  const file = new Uint8Array(header.length + entries.reduce((sum, [, { bytes }]) => sum + bytes.length, 0));
  file.set(header);
  let position = header.length;
  for (const [, { bytes }] of entries) {
    file.set(bytes, position);
    position += bytes.length;
  }
  return file;
}

/** UTF-8 order, which is the order of code points. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
