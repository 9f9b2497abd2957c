import type { Pointer, TensorflowApi } from './c-api.js';
import { tensorflowType as T, typeName } from './data-type.js';
import { TensorflowError } from './tensorflow-error.js';

/** What tfjs hands over and takes back as a tensor's values. Strings are bytes each. */
export type HostValues = Float32Array | Int32Array | Uint8Array | BigInt64Array | Float64Array | Uint16Array | Uint8Array[];

const stringBytes = 24;

const arrays = {
  [T.float]: { array: Float32Array, perElement: 1 },
  [T.double]: { array: Float64Array, perElement: 1 },
  [T.int32]: { array: Int32Array, perElement: 1 },
  [T.uint8]: { array: Uint8Array, perElement: 1 },
  [T.bool]: { array: Uint8Array, perElement: 1 },
  [T.complex64]: { array: Float32Array, perElement: 2 },
  [T.int64]: { array: BigInt64Array, perElement: 1 },
  [T.bfloat16]: { array: Uint16Array, perElement: 1 },
} as const;

/** Types whose values can be copied between JavaScript and the library. */
export function isCopyable(type: number): boolean {
  return type === T.string || type in arrays;
}

function numericArray(type: number) {
  const format = arrays[type as keyof typeof arrays] as (typeof arrays)[keyof typeof arrays] | undefined;
  if (format === undefined) {
    throw new TensorflowError(`Values of type ${typeName(type)} cannot be copied between JavaScript and the engine.`, 3);
  }
  return format;
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function numericBytes(values: unknown, type: number, count: number): Uint8Array {
  const { array } = numericArray(type);
  let typed: ArrayBufferView;
  if (ArrayBuffer.isView(values)) {
    // An int64 comes as two int32 from tfjs; other mismatches are converted.
    const asItIs = values instanceof array || (type === T.int64 && values instanceof Int32Array);
    typed = asItIs ? values : (array as typeof Float32Array).from(values as Float32Array);
  } else {
    typed = type === T.int64 ? BigInt64Array.from(values as number[], BigInt) : (array as typeof Float32Array).from(values as number[]);
  }
  const needed = count * array.BYTES_PER_ELEMENT;
  if (typed.byteLength !== needed) {
    throw new TensorflowError(`A ${typeName(type)} tensor of ${count} elements needs ${needed} bytes of values, got ${typed.byteLength}.`, 3);
  }
  return new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
}

const encoder = new TextEncoder();

/** Makes a TF_Tensor that holds a copy of the values. The caller deletes it. */
export function hostToTensor(api: TensorflowApi, shape: readonly number[], type: number, values: unknown): Pointer {
  const dims = BigInt64Array.from(shape, BigInt);
  const count = sizeOf(shape);
  if (type === T.string) return stringsToTensor(api, dims, count, values as (string | Uint8Array)[]);
  const bytes = numericBytes(values, type, count * numericArray(type).perElement);
  const tensor = api.TF_AllocateTensor(type, dims, dims.length, bytes.byteLength);
  if (bytes.byteLength > 0) api.copyIn(api.TF_TensorData(tensor), bytes, bytes.byteLength);
  return tensor;
}

function stringsToTensor(api: TensorflowApi, dims: BigInt64Array, count: number, values: readonly (string | Uint8Array)[]): Pointer {
  if (values.length !== count) throw new TensorflowError(`A string tensor of ${count} elements needs as many values, got ${values.length}.`, 3);
  const tensor = api.TF_AllocateTensor(T.string, dims, dims.length, count * stringBytes);
  const data = api.TF_TensorData(tensor);
  values.forEach((value, index) => {
    const bytes = typeof value === 'string' ? encoder.encode(value) : value;
    api.TF_StringInit(data + index * stringBytes);
    api.TF_StringCopy(data + index * stringBytes, bytes, bytes.length);
  });
  return tensor;
}

/** Frees the strings that {@link hostToTensor} put into a tensor; deleting the tensor does not. */
export function freeStrings(api: TensorflowApi, tensor: Pointer, count: number): void {
  const data = api.TF_TensorData(tensor);
  for (let index = 0; index < count; index++) api.TF_StringDealloc(data + index * stringBytes);
}

/** A copy of a TF_Tensor's values. */
export function tensorToHost(api: TensorflowApi, tensor: Pointer, type: number, count: number): HostValues {
  const data = api.TF_TensorData(tensor);
  if (type === T.string) {
    return Array.from({ length: count }, (_, index) => {
      const string = data + index * stringBytes;
      const bytes = new Uint8Array(api.TF_StringGetSize(string));
      if (bytes.length > 0) api.copyOut(bytes, api.TF_StringGetDataPointer(string), bytes.length);
      return bytes;
    });
  }
  const { array, perElement } = numericArray(type);
  const values = new array(count * perElement);
  if (values.byteLength > 0) api.copyOut(values, data, values.byteLength);
  return values;
}
