import type { Precision } from '@ssl/core';
import { type OpAttribute, attributeType } from './attributes.js';
import { autocast, autocastTypes, mayCast, touchesVariable } from './autocast.js';
import { convolvesInBfloat16 } from './bfloat16-support.js';
import { tensorflowType as T, typeName } from './data-type.js';
import { EagerExecutor } from './eager-executor.js';
import type { FusedFunction } from './fused-function.js';
import type { GraphTrace } from './graph-trace.js';
import type { HostValues } from './host-values.js';
import { inputSpans } from './input-spans.js';
import { type OpDefinition, OpDefinitions } from './op-definition.js';
import type { Recording } from './operation-recorder.js';
import type { TensorflowRuntime } from './runtime.js';
import { describeTensor, type EagerTensor, type TensorEntry } from './tensor-entry.js';
import { TensorflowError } from './tensorflow-error.js';
import { untraceable } from './untraceable.js';

/** What tfjs-node's backend learns of a tensor. A bfloat16 tensor is float32 to it. */
export interface TensorMetadata {
  readonly id: number;
  readonly shape: number[];
  dtype: number;
}

/**
 * The interface that `@tensorflow/tfjs-node`'s native addon offers to its backend, over the C API. While a trace is open,
 * operations are added to its graph instead of being run.
 */
export class TensorflowBinding {
  readonly TF_FLOAT = T.float;
  readonly TF_INT32 = T.int32;
  readonly TF_INT64 = T.int64;
  readonly TF_BOOL = T.bool;
  readonly TF_COMPLEX64 = T.complex64;
  readonly TF_STRING = T.string;
  readonly TF_RESOURCE = T.resource;
  readonly TF_UINT8 = T.uint8;
  readonly TF_ATTR_STRING = attributeType.string;
  readonly TF_ATTR_INT = attributeType.int;
  readonly TF_ATTR_FLOAT = attributeType.float;
  readonly TF_ATTR_BOOL = attributeType.bool;
  readonly TF_ATTR_TYPE = attributeType.type;
  readonly TF_ATTR_SHAPE = attributeType.shape;
  readonly TF_ATTR_RESOURCE = 7;
  readonly TF_Version: string;

  readonly runtime: TensorflowRuntime;
  readonly executor: EagerExecutor;
  /** Number format of the operations that come now. */
  precision: Precision;
  /** The open trace. */
  trace: GraphTrace | undefined;
  /** Wants the times of operations. */
  recording: Recording | undefined;
  /** Functions that XLA compiles, by what they compute and its signature. */
  readonly fusedFunctions = new Map<string, FusedFunction>();
  /** False: convolutions are in float32 under bfloat16 too. So it is on a processor that is slow at them. */
  convolvesInBfloat16: boolean;
  readonly #definitions: OpDefinitions;
  readonly #entries = new Map<number, TensorEntry>();
  #nextId = 1;

  constructor(runtime: TensorflowRuntime, precision: Precision) {
    this.runtime = runtime;
    this.convolvesInBfloat16 = runtime.hasGpu || convolvesInBfloat16();
    this.executor = new EagerExecutor(runtime);
    this.precision = precision;
    this.#definitions = new OpDefinitions(runtime);
    this.TF_Version = runtime.version;
  }

  isUsingGpuDevice(): boolean {
    return this.runtime.hasGpu;
  }

  /** True where XLA compiles functions: the library has it for processors, and the engine runs on one. */
  get hasXla(): boolean {
    return process.platform === 'linux' && process.arch === 'x64' && !this.runtime.hasGpu;
  }

  getNumOfTensors(): number {
    return this.#entries.size;
  }

  getNumOfSavedModels(): number {
    return 0;
  }

  createTensor(shape: readonly number[], type: number, values: unknown): number {
    return this.register(this.executor.create(shape, type, values, this.trace)).id;
  }

  deleteTensor(id: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    if (entry.kind === 'eager') this.executor.release(entry);
  }

  tensorDataSync(id: number): HostValues {
    const entry = this.entry(id);
    if (entry.kind === 'symbolic') throw untraceable(entry.trace.name, 'read the value of a tensor');
    if (this.trace !== undefined && entry.constantOf !== this.trace) throw untraceable(this.trace.name, 'read the value of a tensor');
    if (entry.type !== T.bfloat16) return this.executor.read(entry);
    const wide = this.#castEager(entry, T.float);
    try {
      return this.executor.read(wide);
    } finally {
      this.executor.release(wide);
    }
  }

  executeOp(name: string, attributes: readonly OpAttribute[], inputIds: readonly number[], outputCount: number): TensorMetadata[] {
    const inputs = inputIds.map((id) => this.entry(id));
    return this.run(name, attributes, inputs, outputCount).map((entry) => this.register(entry));
  }

  /** Like {@link executeOp}, on entries. The caller owns the results. */
  run(name: string, attributes: readonly OpAttribute[], inputs: readonly TensorEntry[], outputCount: number): TensorEntry[] {
    const definition = this.#definitions.get(name);
    const temporary: EagerTensor[] = [];
    try {
      const cast = this.#autocast(definition, attributes, inputs, temporary);
      if (touchesVariable(name)) guardVariable(name, attributes, cast);
      return this.#runUncast(definition, attributes, cast, outputCount);
    } catch (error) {
      throw describeFailure(error, name, attributes, inputs);
    } finally {
      for (const entry of temporary) this.executor.release(entry);
    }
  }

  /** Runs an operation whose result type is known to be right, without autocast. */
  cast(entry: TensorEntry, type: number): TensorEntry {
    if (entry.type === type) return entry;
    if (entry.kind === 'symbolic' && type === T.bfloat16 && entry.inBfloat16 !== undefined) return entry.inBfloat16();
    const [result] = this.#runUncast(this.#definitions.get('Cast'), [{ name: 'DstT', type: attributeType.type, value: type }], [entry], 1);
    return result!;
  }

  entry(id: number): TensorEntry {
    const entry = this.#entries.get(id);
    if (entry === undefined) throw new TensorflowError(`Tensor ${id} does not exist, or was disposed of.`, 5);
    return entry;
  }

  register(entry: TensorEntry): TensorMetadata {
    const id = this.#nextId++;
    this.#entries.set(id, entry);
    return { id, shape: [...entry.shape], dtype: entry.type === T.bfloat16 ? T.float : entry.type };
  }

  loadSavedModel(): never {
    throw new TensorflowError('SavedModels cannot be loaded by this backend. Use @tensorflow/tfjs-node for that.', 12);
  }

  deleteSavedModel(): never {
    return this.loadSavedModel();
  }

  runSavedModel(): never {
    return this.loadSavedModel();
  }

  #runUncast(definition: OpDefinition, attributes: readonly OpAttribute[], inputs: readonly TensorEntry[], outputCount: number): TensorEntry[] {
    if (this.trace !== undefined) return this.trace.add(definition, attributes, inputs).slice(0, outputCount);
    return this.executor.execute(definition, attributes, inputs.map(requireValue), outputCount);
  }

  #castEager(entry: EagerTensor, type: number): EagerTensor {
    const [result] = this.executor.execute(this.#definitions.get('Cast'), [{ name: 'DstT', type: attributeType.type, value: type }], [entry], 1);
    return result!;
  }

  #autocast(definition: OpDefinition, attributes: readonly OpAttribute[], inputs: readonly TensorEntry[], temporary: EagerTensor[]): readonly TensorEntry[] {
    const policy = this.precision === 'bfloat16' ? autocast(this.convolvesInBfloat16) : undefined;
    if (!mayCast(definition.name, policy, inputs)) return inputs;
    const types = autocastTypes(definition, inputSpans(definition, attributes, inputs.length), inputs, policy);
    return inputs.map((input, position) => {
      const type = types[position]!;
      if (input.type === type) return input;
      if (this.trace === undefined) {
        const cast = this.#castEager(requireValue(input), type);
        temporary.push(cast);
        return cast;
      }
      const inside = this.trace.inside(input);
      const known = inside.casts.get(type);
      if (known !== undefined) return known;
      const cast = this.trace.inside(this.cast(inside, type));
      inside.casts.set(type, cast);
      return cast;
    });
  }
}

function requireValue(entry: TensorEntry): EagerTensor {
  if (entry.kind === 'eager') return entry;
  throw new TensorflowError(
    `A tensor made while '${entry.trace.name}' was compiled was used outside of it. Such a tensor stands for a value only inside its function: return it from there.`,
    9,
  );
}

/** The library aborts the process when a variable meets a tensor of another type, so it must not come to that. */
function guardVariable(name: string, attributes: readonly OpAttribute[], inputs: readonly TensorEntry[]): void {
  const variableType = inputs.find((input) => input.type === T.resource)?.resourceType;
  const declared = attributes.find((attribute) => attribute.name === 'dtype')?.value;
  if (variableType === undefined) {
    throw new TensorflowError('The first input must be a variable handle made by VarHandleOp of this backend.', 3);
  }
  const values = inputs.filter((input) => input.type !== T.resource && (name.startsWith('Assign') || input.type === T.float || input.type === T.bfloat16));
  const wrong = values.find((input) => input.type !== variableType)?.type ?? (declared === undefined || declared === variableType ? undefined : (declared as number));
  if (wrong !== undefined) {
    throw new TensorflowError(`The variable holds ${typeName(variableType)}, got ${typeName(wrong)}. Cast the value first.`, 3);
  }
}

function describeFailure(error: unknown, name: string, attributes: readonly OpAttribute[], inputs: readonly TensorEntry[]): unknown {
  if (!(error instanceof TensorflowError)) return error;
  const tensors = inputs.map(describeTensor).join(', ');
  const settings = attributes.map((attribute) => `${attribute.name}=${attributeText(attribute)}`).join(', ');
  const message = error.message.replace(/^\[@ssl\/backend\] /, '');
  return new TensorflowError(`${message} (in ${name}(${tensors})${settings === '' ? '' : ` with ${settings}`})`, error.code, { cause: error });
}

function attributeText({ type, value }: OpAttribute): string {
  if (type === attributeType.type && typeof value === 'number') return typeName(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return Array.isArray(value) ? `[${value.join(',')}]` : String(value);
}
