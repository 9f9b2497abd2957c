import { type AttributeWriter, eagerAttributes, type OpAttribute } from './attributes.js';
import type { Pointer } from './c-api.js';
import { tensorflowType, typeName } from './data-type.js';
import { freeStrings, type HostValues, hostToTensor, isCopyable, sizeOf, tensorToHost } from './host-values.js';
import { inputSpans } from './input-spans.js';
import { isList, type OpDefinition } from './op-definition.js';
import type { TensorflowRuntime } from './runtime.js';
import { describeTensor, type EagerTensor } from './tensor-entry.js';
import { TensorflowError } from './tensorflow-error.js';

const stringJoin: OpDefinition = {
  name: 'StringJoin',
  inputs: [{ name: 'inputs', numberAttribute: 'N' }],
  hasListInput: true,
  isStateful: false,
  inferred: new Set(['N']),
  accepts: () => true,
};

/** Runs operations at once, and moves values in and out. */
export class EagerExecutor {
  readonly #runtime: TensorflowRuntime;
  readonly #attributes: AttributeWriter;
  readonly #count = new Int32Array(1);
  #results = new BigUint64Array(64);

  constructor(runtime: TensorflowRuntime) {
    this.#runtime = runtime;
    this.#attributes = eagerAttributes(runtime.api, runtime.status);
  }

  /** A tensor with these values. */
  create(shape: readonly number[], type: number, values: unknown, constantOf?: EagerTensor['constantOf']): EagerTensor {
    const { api, status } = this.#runtime;
    const tensor = hostToTensor(api, shape, type, values);
    try {
      const handle = api.TFE_NewTensorHandle(tensor, status);
      this.#runtime.check();
      const entry: EagerTensor = { kind: 'eager', handle, type, shape: [...shape], constantOf };
      return type === tensorflowType.string ? { ...this.#ownedStrings(entry), constantOf } : entry;
    } finally {
      if (type === tensorflowType.string) freeStrings(api, tensor, sizeOf(shape));
      api.TF_DeleteTensor(tensor);
    }
  }

  /** A copy whose strings the library frees by itself. */
  #ownedStrings(entry: EagerTensor): EagerTensor {
    try {
      const [copy] = this.execute(stringJoin, [], [entry], 1);
      return copy!;
    } finally {
      this.release(entry);
    }
  }

  /** Gives `use` the tensor's value on the host. */
  resolve<Result>(entry: EagerTensor, use: (tensor: Pointer) => Result): Result {
    const { api, status } = this.#runtime;
    const tensor = api.TFE_TensorHandleResolve(entry.handle, status);
    this.#runtime.check(() => `reading a ${describeTensor(entry)} tensor`);
    try {
      return use(tensor);
    } finally {
      api.TF_DeleteTensor(tensor);
    }
  }

  /** A copy of the tensor's values. */
  read(entry: EagerTensor): HostValues {
    if (!isCopyable(entry.type)) {
      throw new TensorflowError(`A ${typeName(entry.type)} tensor has no values that could be read.`, 3);
    }
    return this.resolve(entry, (tensor) => tensorToHost(this.#runtime.api, tensor, entry.type, sizeOf(entry.shape)));
  }

  release(entry: EagerTensor): void {
    if (entry.disposed === true) return;
    entry.disposed = true;
    this.#runtime.api.TFE_DeleteTensorHandle(entry.handle);
  }

  /** Takes over a handle that the library returned. */
  adopt(handle: Pointer, resourceType?: number): EagerTensor {
    const { api, status } = this.#runtime;
    const type = api.TFE_TensorHandleDataType(handle);
    const rank = api.TFE_TensorHandleNumDims(handle, status);
    const shape: number[] = [];
    for (let axis = 0; axis < rank; axis++) shape.push(Number(api.TFE_TensorHandleDim(handle, axis, status)));
    this.#runtime.check();
    return { kind: 'eager', handle, type, shape, resourceType };
  }

  execute(definition: OpDefinition, attributes: readonly OpAttribute[], inputs: readonly EagerTensor[], outputCount: number): EagerTensor[] {
    const { api, status, context } = this.#runtime;
    const op = api.TFE_NewOp(context, definition.name, status);
    this.#runtime.check();
    try {
      for (const attribute of attributes) {
        if (!isImplied(definition, attribute, inputs)) this.#attributes.set(op, attribute);
      }
      if (definition.hasListInput) this.#addLists(op, definition, attributes, inputs);
      else for (const input of inputs) api.TFE_OpAddInput(op, input.handle, status);
      this.#runtime.check();
      if (outputCount > this.#results.length) this.#results = new BigUint64Array(outputCount);
      this.#count[0] = outputCount;
      api.TFE_Execute(op, this.#results, this.#count, status);
      this.#runtime.check();
      const resourceType = definition.name === 'VarHandleOp' ? (attributes.find(({ name }) => name === 'dtype')?.value as number) : undefined;
      return Array.from({ length: this.#count[0] }, (_, index) => this.adopt(Number(this.#results[index]), resourceType));
    } finally {
      api.TFE_DeleteOp(op);
    }
  }

  /**
   * Runs a function on a thread of koffi's pool. It has its own status and arrays, so that several may be
   * under way; the library itself keeps the inputs alive until it ends.
   */
  async executeAsync(name: string, inputs: readonly EagerTensor[], outputs: readonly (Pick<EagerTensor, 'type' | 'shape'> | undefined)[]): Promise<EagerTensor[]> {
    const { api, context } = this.#runtime;
    const status = api.TF_NewStatus();
    let op = 0;
    try {
      op = api.TFE_NewOp(context, name, status);
      this.#runtime.check(undefined, status);
      for (const input of inputs) api.TFE_OpAddInput(op, input.handle, status);
      this.#runtime.check(undefined, status);
      const results = new BigUint64Array(Math.max(outputs.length, 1));
      const count = Int32Array.of(outputs.length);
      await new Promise<void>((resolve, reject) => {
        api.TFE_Execute.async(op, results, count, status, (error) => {
          if (error === null) resolve();
          else reject(error);
        });
      });
      this.#runtime.check(() => `the compiled function ${name}.`, status);
      return outputs.map((form, index) => {
        const handle = Number(results[index]);
        // What the trace knows need not be asked for: four calls less for each output.
        return form === undefined ? this.adopt(handle) : { kind: 'eager', handle, ...form };
      });
    } finally {
      if (op !== 0) api.TFE_DeleteOp(op);
      api.TF_DeleteStatus(status);
    }
  }

  #addLists(op: Pointer, definition: OpDefinition, attributes: readonly OpAttribute[], inputs: readonly EagerTensor[]): void {
    const { api, status } = this.#runtime;
    for (const { input, start, end } of inputSpans(definition, attributes, inputs.length)) {
      if (isList(input)) {
        const handles = BigUint64Array.from(inputs.slice(start, end), ({ handle }) => BigInt(handle));
        api.TFE_OpAddInputList(op, handles, handles.length, status);
      } else {
        api.TFE_OpAddInput(op, (inputs[start]!).handle, status);
      }
    }
  }
}

/** True for an attribute that the library works out from the inputs. Of an empty list it cannot. */
export function isImplied(definition: OpDefinition, { name }: OpAttribute, inputs: readonly unknown[]): boolean {
  return inputs.length > 0 && definition.inferred.has(name);
}
