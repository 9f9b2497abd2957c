import type { StoredValues } from '../value-range.js';

/** Bytes of a value of each type of NumPy that is read, without its byte order. */
export const numpyBytes: Readonly<Record<string, number>> = { b1: 1, u1: 1, i1: 1, u2: 2, i2: 2, f2: 2, u4: 4, i4: 4, f4: 4, u8: 8, i8: 8, f8: 8 };

/**
 * Values of an array of NumPy. 64-bit whole numbers become float64, half precision float32, booleans 0 and 255.
 *
 * @param type - as the header has it: `<f4`, `>u2`, `|b1`.
 * @param bytes - at the start of their own buffer; may be changed.
 */
export function numpyValues(type: string, bytes: Buffer): StoredValues {
  const kind = type.slice(1);
  const width = numpyBytes[kind] ?? 1;
  if (type.startsWith('>')) {
    if (width === 2) bytes.swap16();
    else if (width === 4) bytes.swap32();
    else if (width === 8) bytes.swap64();
  }
  const { buffer, byteOffset, length } = bytes;
  const count = length / width;
  switch (kind) {
    case 'b1':
      return Uint8Array.from(bytes, (value) => (value === 0 ? 0 : 255));
    case 'i1':
      return new Int8Array(buffer, byteOffset, count);
    case 'u2':
      return new Uint16Array(buffer, byteOffset, count);
    case 'i2':
      return new Int16Array(buffer, byteOffset, count);
    case 'f2':
      return Float32Array.from(new Uint16Array(buffer, byteOffset, count), halfPrecision);
    case 'u4':
      return new Uint32Array(buffer, byteOffset, count);
    case 'i4':
      return new Int32Array(buffer, byteOffset, count);
    case 'f4':
      return new Float32Array(buffer, byteOffset, count);
    case 'u8':
      return Float64Array.from(new BigUint64Array(buffer, byteOffset, count), Number);
    case 'i8':
      return Float64Array.from(new BigInt64Array(buffer, byteOffset, count), Number);
    case 'f8':
      return new Float64Array(buffer, byteOffset, count);
    default:
      return bytes;
  }
}

/** IEEE 754 binary16. */
function halfPrecision(bits: number): number {
  const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
