import { SslError } from '../errors.js';

/** Number formats of a safetensors file that are read and written here, with their bytes for each value. */
export const storedTypes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  I16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  F32: 4,
  F64: 8,
  I64: 8,
} as const;

export type StoredType = keyof typeof storedTypes;

/** A tensor as it lies in a file: little-endian bytes, row-major. */
export interface StoredTensor {
  readonly dtype: StoredType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Number of values; 1 for a scalar. */
export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** The values as numbers: floats as float32, all whole types as int32. */
export function storedValues(stored: StoredTensor, name = 'tensor'): Float32Array | Int32Array {
  const { dtype, bytes } = stored;
  const count = sizeOfShape(stored.shape);
  // A copy, because typed arrays need an aligned start; not slice(), which shares memory when the bytes are a Buffer.
  const buffer = new Uint8Array(bytes).buffer;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, 0, count);
    case 'I32':
      return new Int32Array(buffer, 0, count);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer, 0, count));
    case 'I8':
      return Int32Array.from(new Int8Array(buffer, 0, count));
    case 'I16':
      return Int32Array.from(new Int16Array(buffer, 0, count));
    case 'BF16':
      return new Float32Array(Uint32Array.from(new Uint16Array(buffer, 0, count), (half) => half << 16).buffer);
    case 'F16':
      return Float32Array.from(new Uint16Array(buffer, 0, count), halfToFloat);
    case 'U8':
    case 'BOOL':
      return Int32Array.from(new Uint8Array(buffer, 0, count));
    case 'I64':
      return Int32Array.from(new BigInt64Array(buffer, 0, count), (value) => narrow(value, name));
  }
}

function narrow(value: bigint, name: string): number {
  if (value === BigInt.asIntN(32, value)) return Number(value);
  throw new SslError(
    `int64 values must fit into 32 bits here, got ${String(value)} in '${name}'. Leave this tensor out or store it as float32.`,
    { from: '@ssl/core' },
  );
}

/** Values as the bytes of a dtype, without a copy where they have that form; rounded to nearest even for BF16 and F16. */
export function storeValues(
  values: ArrayLike<number>,
  shape: readonly number[],
  dtype: StoredType,
): StoredTensor {
  const array = arrayOf(values, dtype);
  return { dtype, shape, bytes: new Uint8Array(array.buffer, array.byteOffset, array.byteLength) };
}

function arrayOf(values: ArrayLike<number>, dtype: StoredType): ArrayBufferView {
  switch (dtype) {
    case 'F32':
      return values instanceof Float32Array ? values : new Float32Array(values);
    case 'I32':
      return values instanceof Int32Array ? values : new Int32Array(values);
    case 'U8':
      return values instanceof Uint8Array ? values : new Uint8Array(values);
    case 'F64':
      return values instanceof Float64Array ? values : new Float64Array(values);
    case 'I8':
      return values instanceof Int8Array ? values : new Int8Array(values);
    case 'I16':
      return values instanceof Int16Array ? values : new Int16Array(values);
    case 'BOOL':
      return Uint8Array.from(values, (value) => (value === 0 ? 0 : 1));
    case 'I64':
      return BigInt64Array.from(Array.from(values, (value) => BigInt(value)));
    case 'BF16':
      return Uint16Array.from(bitsOf(values), roundToBfloat16);
    case 'F16':
      return Uint16Array.from(bitsOf(values), roundToHalf);
  }
}

const bitsOf = (values: ArrayLike<number>): Uint32Array => new Uint32Array(new Float32Array(values).buffer);

/** Round to nearest even; NaN stays NaN. */
function roundToBfloat16(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** float32 bits to float16 bits, round to nearest even. */
function roundToHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // rounds to 65536 or more: infinity
  if (magnitude < 0x33000001) return sign; // at most half of the least subnormal
  const exponent = (magnitude >>> 23) - 112;
  // Below exponent 1 the result is subnormal: the hidden bit becomes explicit and more bits are cut.
  const mantissa = exponent > 0 ? magnitude & 0x7fffff : (magnitude & 0x7fffff) | 0x800000;
  const shift = exponent > 0 ? 13 : 14 - exponent;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  const round = rest > half || (rest === half && (kept & 1) === 1) ? 1 : 0;
  return sign | ((exponent > 0 ? exponent << 10 : 0) + kept + round);
}

function halfToFloat(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}
