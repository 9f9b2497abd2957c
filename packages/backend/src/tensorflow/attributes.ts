import type { Pointer, TensorflowApi } from './c-api.js';

/** TF_AttrType, and 100 for a whole `AttrValue` message. */
export const attributeType = { string: 0, int: 1, float: 2, bool: 3, type: 4, shape: 5, function: 8, proto: 100 } as const;

/** An attribute as tfjs-node's kernels give it. */
export interface OpAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

const text = new TextEncoder();

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : text.encode(String(value));
}

function int64Array(values: readonly (number | bigint)[]): BigInt64Array {
  return BigInt64Array.from(values, BigInt);
}

/** Writes attributes of one kind of operation, eager or in a graph. */
export interface AttributeWriter {
  set(operation: Pointer, attribute: OpAttribute): void;
}

/** The setters of the C API that differ in name only. */
interface Setters {
  readonly type: (op: Pointer, name: string, value: number) => void;
  readonly types: (op: Pointer, name: string, values: Int32Array, count: number) => void;
  readonly int: (op: Pointer, name: string, value: number | bigint) => void;
  readonly ints: (op: Pointer, name: string, values: BigInt64Array, count: number) => void;
  readonly float: (op: Pointer, name: string, value: number) => void;
  readonly floats: (op: Pointer, name: string, values: Float32Array, count: number) => void;
  readonly bool: (op: Pointer, name: string, value: number) => void;
  readonly bools: (op: Pointer, name: string, values: Uint8Array, count: number) => void;
  readonly string: (op: Pointer, name: string, value: Uint8Array, length: number) => void;
  readonly shape: (op: Pointer, name: string, dims: BigInt64Array, rank: number) => void;
  readonly fn: (op: Pointer, name: string, value: string, length: number) => void;
  readonly proto: (op: Pointer, name: string, value: Uint8Array, length: number) => void;
}

function writer(setters: Setters): AttributeWriter {
  return {
    set(operation, { name, type, value }) {
      switch (type) {
        case attributeType.type:
          if (Array.isArray(value)) setters.types(operation, name, Int32Array.from(value as number[]), value.length);
          else setters.type(operation, name, value as number);
          return;
        case attributeType.int:
          if (Array.isArray(value)) setters.ints(operation, name, int64Array(value as number[]), value.length);
          else setters.int(operation, name, value as number | bigint);
          return;
        case attributeType.float:
          if (Array.isArray(value)) setters.floats(operation, name, Float32Array.from(value as number[]), value.length);
          else setters.float(operation, name, value as number);
          return;
        case attributeType.bool:
          if (Array.isArray(value)) setters.bools(operation, name, Uint8Array.from(value as number[]), value.length);
          else setters.bool(operation, name, value === true || value === 1 ? 1 : 0);
          return;
        case attributeType.string: {
          const bytes = bytesOf(value);
          setters.string(operation, name, bytes, bytes.length);
          return;
        }
        case attributeType.shape:
          setters.shape(operation, name, int64Array(value as number[]), (value as number[]).length);
          return;
        case attributeType.function:
          setters.fn(operation, name, value as string, Buffer.byteLength(value as string));
          return;
        case attributeType.proto:
          setters.proto(operation, name, value as Uint8Array, (value as Uint8Array).length);
          return;
        default:
          throw new TypeError(`Attribute '${name}' has type code ${type}, which is not supported.`);
      }
    },
  };
}

/** Attributes of an operation that runs at once. */
export function eagerAttributes(api: TensorflowApi, status: Pointer): AttributeWriter {
  return writer({
    type: api.TFE_OpSetAttrType, types: api.TFE_OpSetAttrTypeList,
    int: api.TFE_OpSetAttrInt, ints: api.TFE_OpSetAttrIntList,
    float: api.TFE_OpSetAttrFloat, floats: api.TFE_OpSetAttrFloatList,
    bool: api.TFE_OpSetAttrBool, bools: api.TFE_OpSetAttrBoolList,
    string: api.TFE_OpSetAttrString,
    shape: (op, name, dims, rank) => { api.TFE_OpSetAttrShape(op, name, dims, rank, status); },
    fn: api.TFE_OpSetAttrFunctionName,
    proto: (op, name, value, length) => { api.TFE_OpSetAttrValueProto(op, name, value, length, status); },
  });
}

/** Attributes of an operation that is added to a graph. */
export function graphAttributes(api: TensorflowApi, status: Pointer): AttributeWriter {
  return writer({
    type: api.TF_SetAttrType, types: api.TF_SetAttrTypeList,
    int: api.TF_SetAttrInt, ints: api.TF_SetAttrIntList,
    float: api.TF_SetAttrFloat, floats: api.TF_SetAttrFloatList,
    bool: api.TF_SetAttrBool, bools: api.TF_SetAttrBoolList,
    string: api.TF_SetAttrString,
    shape: api.TF_SetAttrShape,
    fn: api.TF_SetAttrFuncName,
    proto: (op, name, value, length) => { api.TF_SetAttrValueProto(op, name, value, length, status); },
  });
}
