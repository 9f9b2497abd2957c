import type { Pointer } from './c-api.js';
import { packOutputs } from './pack-outputs.js';
import { type OperationRecord, readStepStats, type TensorForm } from './step-stats.js';
import type { TensorflowRuntime } from './runtime.js';
import type { EagerTensor, SymbolicTensor } from './tensor-entry.js';
import { typeName } from './data-type.js';
import { varintField } from './wire-format.js';

/** What of a graph is run. */
export interface SessionEnds {
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  /** Operations that run though no output needs them. */
  readonly targets: readonly Pointer[];
}

/** RunOptions with trace level 1: times of operations, without a profiler for devices. */
const timed = Uint8Array.from(varintField(1, 1));

/** A graph in a session of its own, optimised as the library optimises a function, that says what each operation took. */
export class GraphSession {
  readonly #runtime: TensorflowRuntime;
  readonly #session: Pointer;
  readonly #ends: SessionEnds;
  readonly #inputForms: ReadonlyMap<string, TensorForm>;

  /** The session keeps the graph, which may be deleted. */
  constructor(runtime: TensorflowRuntime, graph: Pointer, ends: SessionEnds) {
    const { api, status, config } = runtime;
    this.#runtime = runtime;
    this.#ends = ends;
    this.#inputForms = new Map(ends.inputs.map(({ output, type, shape }) => [api.TF_OperationName(output.oper), { type: typeName(type), shape }]));
    const options = api.TF_NewSessionOptions();
    try {
      api.TF_SetConfig(options, config, config.byteLength, status);
      runtime.check();
      this.#session = api.TF_NewSession(graph, options, status);
      runtime.check();
    } finally {
      api.TF_DeleteSessionOptions(options);
    }
  }

  /** Runs the graph while JavaScript waits. The caller owns the results. */
  run(inputs: readonly EagerTensor[]): { results: EagerTensor[]; operations: OperationRecord[] } {
    const { api, status } = this.#runtime;
    const { inputs: placeholders, outputs, targets } = this.#ends;
    const values: Pointer[] = [];
    const made = new BigUint64Array(Math.max(outputs.length, 1));
    const runOptions = api.TF_NewBufferFromString(timed, timed.byteLength);
    try {
      for (const { handle } of inputs) {
        values.push(api.TFE_TensorHandleResolve(handle, status));
        this.#runtime.check();
      }
      const metadata = this.#runtime.readBuffer((buffer) => {
        api.TF_SessionRun(
          this.#session, runOptions, packOutputs(placeholders), BigUint64Array.from(values, BigInt), values.length,
          packOutputs(outputs), made, outputs.length, BigUint64Array.from(targets, BigInt), targets.length, buffer, status,
        );
        this.#runtime.check(() => 'a recorded run.');
      });
      return { results: outputs.map(({ type, shape }, index) => this.#adopt(Number(made[index]), type, shape)), operations: readStepStats(metadata, this.#inputForms) };
    } finally {
      api.TF_DeleteBuffer(runOptions);
      for (const value of values) api.TF_DeleteTensor(value);
    }
  }

  #adopt(tensor: Pointer, type: number, shape: readonly number[]): EagerTensor {
    const { api, status } = this.#runtime;
    try {
      const handle = api.TFE_NewTensorHandle(tensor, status);
      this.#runtime.check();
      return { kind: 'eager', handle, type, shape };
    } finally {
      api.TF_DeleteTensor(tensor);
    }
  }

  close(): void {
    const { api, status } = this.#runtime;
    api.TF_CloseSession(this.#session, status);
    api.TF_DeleteSession(this.#session, status);
  }
}
