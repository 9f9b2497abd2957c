import type { GraphOutput, Pointer } from './c-api.js';
import { typeName } from './data-type.js';
import type { GraphTrace } from './graph-trace.js';

/** A tensor with a value. */
export interface EagerTensor {
  readonly kind: 'eager';
  readonly handle: Pointer;
  readonly type: number;
  readonly shape: readonly number[];
  /** Element type of the variable behind a resource handle. */
  readonly resourceType?: number | undefined;
  /** Set when the tensor was made from JavaScript values while this trace was open: it becomes a constant of the graph. */
  readonly constantOf?: GraphTrace | undefined;
  /** Set when the handle was given back. */
  disposed?: boolean;
}

/** An output of an operation of a graph under construction; it has no value. */
export interface SymbolicTensor {
  readonly kind: 'symbolic';
  readonly trace: GraphTrace;
  readonly output: GraphOutput;
  readonly type: number;
  readonly shape: readonly number[];
  readonly resourceType?: number | undefined;
  /** The library does not know how many axes it has: a private output, such as the reserve space of a batch norm. */
  readonly isShapeUnknown?: boolean;
  /** Arguments and captures of the function. */
  readonly isInput?: boolean;
  /** Makes the same tensor in bfloat16 without the detour over this one. */
  readonly inBfloat16?: () => SymbolicTensor;
  /** Makes the same tensor once more when `previous` is there, from tensors that are kept in any case. */
  readonly again?: (previous: SymbolicTensor) => SymbolicTensor;
  /** Casts of this tensor that the graph already holds, by type. */
  readonly casts: Map<number, SymbolicTensor>;
}

export type TensorEntry = EagerTensor | SymbolicTensor;

/** `float32[2,3]`, for messages. */
export function describeTensor({ type, shape }: TensorEntry): string {
  return `${typeName(type)}[${shape.join(',')}]`;
}
