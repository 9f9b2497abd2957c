import { SslError } from '../errors.js';
import { longestSafetensorsHeader } from './longest-safetensors-header.js';
import { sizeOfShape, storedTypes, type StoredTensor } from './stored-tensor.js';

/** What a safetensors header says of one tensor. */
export interface StoredTensorEntry extends Omit<StoredTensor, 'bytes'> {
  readonly name: string;
}

/**
 * The first bytes of a safetensors file, for files that are written in pieces: an 8-byte length and a JSON header padded with
 * spaces to 8 bytes. The bytes of the tensors follow in the order of `entries`.
 *
 * @param leastBytes - The header is padded to at least so many bytes, so that it can be written again when the shapes are known.
 * @throws SslError where the header is longer than 100 MB, which the safetensors library refuses.
 * @example
 * encodeSafetensorsHeader([{ name: 'features', dtype: 'F32', shape: [1000, 512] }]).length; // 80
 */
export function encodeSafetensorsHeader(entries: readonly StoredTensorEntry[], metadata?: Readonly<Record<string, string>>, leastBytes = 0): Uint8Array<ArrayBuffer> {
  let offset = 0;
  const lines = metadata === undefined ? [] : [`"__metadata__":${JSON.stringify(metadata)}`];
  for (const { name, dtype, shape } of entries) {
    const end = offset + sizeOfShape(shape) * storedTypes[dtype];
    lines.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [offset, end] })}`);
    offset = end;
  }
  const json = new TextEncoder().encode(`{${lines.join(',')}}`);
  if (json.length > longestSafetensorsHeader) {
    throw new SslError(
      `a safetensors header holds at most ${String(longestSafetensorsHeader)} bytes, got ${String(json.length)}. Put long lists into a tensor of bytes instead of the metadata.`,
      { from: '@ssl/core' },
    );
  }
  const bytes = new Uint8Array(Math.max(8 + Math.ceil(json.length / 8) * 8, Math.ceil(leastBytes / 8) * 8)).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return bytes;
}
