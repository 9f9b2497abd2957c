import type { DataType } from '@tensorflow/tfjs-core';

/** TF_DataType of the C API: the element types that occur here. */
export const tensorflowType = {
  float: 1,
  double: 2,
  int32: 3,
  uint8: 4,
  string: 7,
  complex64: 8,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  half: 19,
  resource: 20,
  variant: 21,
} as const;

const names = new Map<number, string>([
  ...Object.entries(tensorflowType).map(([name, code]): [number, string] => [code, name]),
  [1, 'float32'],
  [2, 'float64'],
  [19, 'float16'],
]);

/** Name of an element type for messages. */
export function typeName(type: number): string {
  return names.get(type) ?? `type ${type}`;
}

/** True for the two formats that autocast moves between. */
export function isFloat(type: number): boolean {
  return type === tensorflowType.float || type === tensorflowType.bfloat16;
}

const fromTfjs: Record<DataType, number> = {
  float32: tensorflowType.float,
  int32: tensorflowType.int32,
  bool: tensorflowType.bool,
  complex64: tensorflowType.complex64,
  string: tensorflowType.string,
};

/** The element type that holds a tfjs dtype. */
export function typeOfDataType(dtype: DataType): number {
  return fromTfjs[dtype];
}
