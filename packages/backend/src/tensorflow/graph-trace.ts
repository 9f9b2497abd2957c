import { attributeType, type AttributeWriter, graphAttributes, type OpAttribute } from './attributes.js';
import type { GraphOutput, Pointer } from './c-api.js';
import { tensorflowType, typeName } from './data-type.js';
import { type EagerExecutor, isImplied } from './eager-executor.js';
import type { FusedFunction } from './fused-function.js';
import { GraphSession } from './graph-session.js';
import { inputSpans } from './input-spans.js';
import { packOutputs } from './pack-outputs.js';
import { isList, type OpDefinition } from './op-definition.js';
import type { TensorflowRuntime } from './runtime.js';
import { type EagerTensor, type SymbolicTensor, type TensorEntry } from './tensor-entry.js';
import { TensorflowError } from './tensorflow-error.js';
import { varintField } from './wire-format.js';

/** Attribute of functions that XLA compiles. */
const mustCompile = '_XlaMustCompile';

/** A graph while a function is traced into it. */
export class GraphTrace {
  /** Tensors from outside that the function uses, in the order of its inputs after the arguments. */
  readonly captures: EagerTensor[] = [];
  /** Set by something that cannot be traced and could not be refused on the spot. */
  violation: Error | undefined;
  operations = 0;
  readonly #name: string;
  readonly #runtime: TensorflowRuntime;
  readonly #executor: EagerExecutor;
  readonly #attributes: AttributeWriter;
  readonly #graph: Pointer;
  readonly #inputs: SymbolicTensor[] = [];
  readonly #insideOf = new Map<EagerTensor, SymbolicTensor>();
  readonly #stateful: Pointer[] = [];
  #sideResults: Pointer[] = [];
  #awaited: readonly Pointer[] = [];

  constructor(name: string, runtime: TensorflowRuntime, executor: EagerExecutor) {
    this.#name = name;
    this.#runtime = runtime;
    this.#executor = executor;
    this.#attributes = graphAttributes(runtime.api, runtime.status);
    this.#graph = runtime.api.TF_NewGraph();
  }

  get name(): string {
    return this.#name;
  }

  /** The next input of the function. */
  input(type: number, shape: readonly number[], resourceType?: number): SymbolicTensor {
    const operation = this.#operation('Placeholder', (description) => {
      this.#runtime.api.TF_SetAttrType(description, 'dtype', type);
      this.#runtime.api.TF_SetAttrShape(description, 'shape', BigInt64Array.from(shape, BigInt), shape.length);
    });
    const input = { ...this.#symbol(operation, 0), resourceType, isInput: true };
    this.#inputs.push(input);
    return input;
  }

  /** Adds an operation. Attributes that follow from the inputs are left to the library. */
  add(definition: OpDefinition, attributes: readonly OpAttribute[], entries: readonly TensorEntry[]): SymbolicTensor[] {
    const { api } = this.#runtime;
    const inputs = entries.map((entry) => this.inside(entry));
    const operation = this.#operation(definition.name, (description) => {
      for (const { input, start, end } of inputSpans(definition, attributes, inputs.length)) {
        if (isList(input)) api.TF_AddInputList(description, packOutputs(inputs.slice(start, end)), end - start);
        else api.TF_AddInput(description, (inputs[start]!).output);
      }
      for (const attribute of attributes) {
        if (!isImplied(definition, attribute, inputs)) this.#attributes.set(description, attribute);
      }
      this.#addControlInputs(description);
    });
    if (definition.isStateful && !definition.name.startsWith('Stateless') && definition.name !== 'ReadVariableOp') this.#stateful.push(operation);
    return Array.from({ length: api.TF_OperationNumOutputs(operation) }, (_, index) => this.#symbol(operation, index));
  }

  /** A result that nothing waits for: see {@link afterSideResults}. */
  markSideResult({ output }: SymbolicTensor): void {
    this.#sideResults.push(output.oper);
  }

  /** Operations that `make` adds run after the side results so far, which would otherwise be left to the end with all that they need. */
  afterSideResults<Result>(make: () => Result): Result {
    const results = this.#sideResults;
    this.#sideResults = [];
    return this.#after(results, make);
  }

  /** Operations that `make` adds run after those that made `previous`. */
  after<Result>(previous: readonly SymbolicTensor[], make: () => Result): Result {
    return this.#after([...new Set(previous.map(({ output }) => output.oper))], make);
  }

  #after<Result>(operations: readonly Pointer[], make: () => Result): Result {
    const before = this.#awaited;
    this.#awaited = operations;
    try {
      return make();
    } finally {
      this.#awaited = before;
    }
  }

  /** What stands for a tensor inside the graph: itself, a constant, or an input that captures it. */
  inside(entry: TensorEntry): SymbolicTensor {
    if (entry.kind === 'symbolic') {
      if (entry.trace === this) return entry;
      throw new TensorflowError(
        `A tensor made while '${entry.trace.name}' was compiled was used in '${this.#name}'. Such a tensor stands for a value only inside its own function: return it from there and pass it in here.`,
        9,
      );
    }
    const known = this.#insideOf.get(entry);
    if (known !== undefined) return known;
    const inside = entry.constantOf === this ? this.#constant(entry) : this.#capture(entry);
    this.#insideOf.set(entry, inside);
    return inside;
  }

  /** Adds the finished function to the context. */
  finish(functionName: string, outputs: readonly SymbolicTensor[]): void {
    this.#runtime.api.TF_DeleteFunction(this.#addFunction(functionName, outputs, []));
  }

  /** Adds the finished function, which XLA shall compile. */
  finishFused(name: string, outputs: readonly SymbolicTensor[]): FusedFunction {
    if (this.captures.length > 0) throw new TensorflowError(`The fused function '${this.#name}' uses tensors from outside. Pass them as inputs.`, 3);
    return { name, pointer: this.#addFunction(name, outputs, [mustCompile]), outputs: outputs.map(({ type, shape }) => ({ type, shape })) };
  }

  /** Adds a call of a fused function. */
  call({ name, pointer, outputs }: FusedFunction, inputs: readonly SymbolicTensor[]): SymbolicTensor[] {
    const { api, status } = this.#runtime;
    api.TF_GraphCopyFunction(this.#graph, pointer, null, status);
    this.#runtime.check();
    const operation = this.#operation('PartitionedCall', (description) => {
      api.TF_AddInputList(description, packOutputs(inputs), inputs.length);
      this.#attributes.set(description, { name: 'Tout', type: attributeType.type, value: outputs.map(({ type }) => type) });
      this.#attributes.set(description, { name: 'f', type: attributeType.function, value: name });
      this.#attributes.set(description, { name: mustCompile, type: attributeType.bool, value: true });
      this.#addControlInputs(description);
    });
    return outputs.map(({ shape }, index) => {
      api.TF_GraphSetTensorShape(this.#graph, { oper: operation, index }, BigInt64Array.from(shape, BigInt), shape.length, status);
      this.#runtime.check();
      return this.#symbol(operation, index);
    });
  }

  /** The finished function in the context, with attributes that are true. */
  #addFunction(functionName: string, outputs: readonly SymbolicTensor[], attributes: readonly string[]): Pointer {
    const { api, status, context } = this.#runtime;
    const controls = BigUint64Array.from(this.#stateful, BigInt);
    const fn = api.TF_GraphToFunctionWithControlOutputs(
      this.#graph, functionName, 0, -1, null,
      this.#inputs.length, packOutputs(this.#inputs), outputs.length, packOutputs(outputs), null,
      controls.length, controls.length > 0 ? controls : null, null, 0, null, status,
    );
    this.#runtime.check();
    try {
      const yes = Uint8Array.from(varintField(5, 1));
      for (const attribute of attributes) {
        api.TF_FunctionSetAttrValueProto(fn, attribute, yes, yes.length, status);
        this.#runtime.check();
      }
      api.TFE_ContextAddFunction(context, fn, status);
      this.#runtime.check();
      return fn;
    } catch (error) {
      api.TF_DeleteFunction(fn);
      throw error;
    }
  }

  /** The finished graph as a session that times each operation, in the place of {@link finish}. */
  openSession(outputs: readonly SymbolicTensor[]): GraphSession {
    return new GraphSession(this.#runtime, this.#graph, { inputs: this.#inputs, outputs, targets: this.#stateful });
  }

  dispose(): void {
    this.#runtime.api.TF_DeleteGraph(this.#graph);
  }

  #constant(entry: EagerTensor): SymbolicTensor {
    const { api, status } = this.#runtime;
    return this.#executor.resolve(entry, (tensor) =>
      this.#symbol(
        this.#operation('Const', (description) => {
          api.TF_SetAttrType(description, 'dtype', entry.type);
          api.TF_SetAttrTensor(description, 'value', tensor, status);
          this.#runtime.check();
        }),
        0,
      ),
    );
  }

  #capture(entry: EagerTensor): SymbolicTensor {
    this.captures.push(entry);
    return this.input(entry.type, entry.shape, entry.resourceType);
  }

  #addControlInputs(description: Pointer): void {
    for (const awaited of this.#awaited) this.#runtime.api.TF_AddControlInput(description, awaited);
  }

  #operation(type: string, describe: (description: Pointer) => void): Pointer {
    const { api, status } = this.#runtime;
    const description = api.TF_NewOperation(this.#graph, type, `${type.replace(/^_+/, '')}_${this.operations++}`);
    let failed = true;
    try {
      describe(description);
      failed = false;
    } finally {
      // Also frees the description when it could not be completed.
      if (failed) api.TF_FinishOperation(description, status);
    }
    const operation = api.TF_FinishOperation(description, status);
    this.#runtime.check();
    return operation;
  }

  #symbol(oper: Pointer, index: number): SymbolicTensor {
    const { api, status } = this.#runtime;
    const output: GraphOutput = { oper, index };
    const type = api.TF_OperationOutputType(output);
    const rank = api.TF_GraphGetTensorNumDims(this.#graph, output, status);
    this.#runtime.check();
    const dims = new BigInt64Array(Math.max(rank, 0));
    if (rank > 0) {
      api.TF_GraphGetTensorShape(this.#graph, output, dims, rank, status);
      this.#runtime.check();
    }
    const shape = Array.from(dims, Number);
    if (shape.includes(-1) && type !== tensorflowType.resource) {
      throw new TensorflowError(
        `The shape of a ${typeName(type)} tensor depends on values ([${shape.map((length) => (length < 0 ? '?' : length)).join(',')}]), which a compiled function cannot follow. Compute that part outside of it.`,
        3,
      );
    }
    return { kind: 'symbolic', trace: this, output, type, shape, casts: new Map(), ...(rank < 0 ? { isShapeUnknown: true } : {}) };
  }
}
