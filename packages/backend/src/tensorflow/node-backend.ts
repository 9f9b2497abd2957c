import type * as tf from '@tensorflow/tfjs-core';
import { attributeType, type OpAttribute } from './attributes.js';
import type { TensorflowBinding, TensorMetadata } from './binding.js';
import { tensorflowType as T, typeOfDataType } from './data-type.js';
import type { GraphTrace } from './graph-trace.js';
import { untraceable } from './untraceable.js';

/** What tfjs-node's backend keeps of a tensor. */
interface TensorData {
  readonly shape: number[];
  readonly dtype: number;
  id: number;
  /** Values that wait for their first use. */
  values: tf.BackendValues | null;
  refCount: number;
  /** The trace in which the values were made. */
  madeIn?: GraphTrace | undefined;
}

/** `NodeJSKernelBackend` of `@tensorflow/tfjs-node`. */
export interface NodeBackend extends tf.KernelBackend {
  readonly binding: TensorflowBinding;
  readonly tensorMap: { get(dataId: tf.DataId): TensorData; has(dataId: tf.DataId): boolean; set(dataId: tf.DataId, data: TensorData): void };
  createOutputTensor(metadata: TensorMetadata): tf.Tensor;
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  executeSingleOutput(name: string, attributes: readonly OpAttribute[], inputs: readonly tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: readonly OpAttribute[], inputs: readonly tf.TensorInfo[], outputCount: number): tf.Tensor[];
}

export type NodeBackendClass = new (binding: TensorflowBinding, packageName: string) => NodeBackend;

const fillThreshold = 32;

/** The value that all elements share, if there are enough of them to make a Fill worth it. */
function sharedValue(values: tf.BackendValues): number | undefined {
  if (values.length < fillThreshold || typeof values[0] !== 'number') return undefined;
  const first = values[0];
  return (values as Float32Array).every((value) => value === first) ? first : undefined;
}

/** tfjs-node's backend, made to know about traces and about types that tfjs has no name for. */
export function extendNodeBackend(Base: NodeBackendClass): NodeBackendClass {
  return class TensorflowBackend extends Base {
    override move(dataId: tf.DataId, values: tf.BackendValues, shape: number[], dtype: tf.DataType, refCount: number): void {
      this.tensorMap.set(dataId, { shape, dtype: typeOfDataType(dtype), values, id: -1, refCount });
    }

    override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
      const dataId = super.write(values, shape, dtype);
      this.tensorMap.get(dataId).madeIn = this.binding.trace;
      return dataId;
    }

    override getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[] {
      for (const tensor of tensors) {
        // An Int64Scalar of tfjs-node has no data id.
        const dataId = tensor.dataId as tf.DataId | undefined;
        if (dataId === undefined) continue;
        const data = this.tensorMap.get(dataId);
        if (data.values !== null) this.#materialise(data);
      }
      return super.getInputTensorIds(tensors);
    }

    override createOutputTensor(metadata: TensorMetadata): tf.Tensor {
      const entry = this.binding.entry(metadata.id);
      // Types that tfjs cannot name; what it may call them is what they are turned into.
      const wanted = entry.type === T.int64 || entry.type === T.uint8 ? T.int32 : entry.type === T.double || entry.type === T.half ? T.float : undefined;
      if (wanted === undefined) return super.createOutputTensor(metadata);
      const cast = this.binding.register(this.binding.cast(entry, wanted));
      this.binding.deleteTensor(metadata.id);
      return super.createOutputTensor(cast);
    }

    override read(dataId: tf.DataId): Promise<tf.BackendValues> {
      const { trace } = this.binding;
      if (trace === undefined) return super.read(dataId);
      // `data()` would turn an error thrown here into a rejected promise that nobody waits for; the end of the trace reports it.
      trace.violation ??= untraceable(trace.name, 'read the value of a tensor');
      return new Promise(() => undefined);
    }

    #materialise(data: TensorData): void {
      const { binding } = this;
      const { trace } = binding;
      const values = data.values!;
      if (trace === undefined || data.madeIn === trace) {
        const value = trace === undefined ? undefined : sharedValue(values);
        data.id = value === undefined ? binding.createTensor(data.shape, data.dtype, values) : this.#fill(data, value);
      } else {
        // Made before the trace, so it is not a constant of it: it is captured like any tensor from outside.
        data.id = binding.register(binding.executor.create(data.shape, data.dtype, values)).id;
      }
      data.values = null;
    }

    /** Ones, zeros and their like become one operation instead of megabytes of constants in the graph. */
    #fill({ shape, dtype }: TensorData, value: number): number {
      const { binding } = this;
      const dims = binding.executor.create([shape.length], T.int32, Int32Array.from(shape), binding.trace);
      const scalar = binding.executor.create([], dtype, [value], binding.trace);
      try {
        const [filled] = binding.run('Fill', [{ name: 'index_type', type: attributeType.type, value: T.int32 }], [dims, scalar], 1);
        return binding.register(filled!).id;
      } finally {
        binding.executor.release(dims);
        binding.executor.release(scalar);
      }
    }
  };
}
