import { type CompiledFunction, type CompileOptions, flattenTree, reportRecompilation, SslError, type TensorTree, unflattenTree } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { typeName } from './data-type.js';
import type { NodeBackend } from './node-backend.js';
import { backendName } from './backend-name.js';
import type { GraphSession } from './graph-session.js';
import type { EagerTensor } from './tensor-entry.js';
import { traceFunction, type TracedFunction } from './trace-function.js';
import { formChange, type CallForm, traceSignature } from './trace-signature.js';

/** What a new trace was made for. */
export interface TraceEvent {
  /** Name of the compiled function. */
  readonly name: string;
  /** How many traces it has now; from the second on the function was compiled again. */
  readonly traces: number;
  readonly milliseconds: number;
  /** Operations in the graph. */
  readonly operations: number;
  /** For people: why it was traced. */
  readonly reason: string;
}

let functionCount = 0;

function describe({ type, shape, resourceType }: EagerTensor): string {
  return `${typeName(type)}[${shape.join(',')}]${resourceType === undefined ? '' : `(${typeName(resourceType)})`}`;
}

function checkCallable(backend: NodeBackend, name: string, disposed: boolean): void {
  const { trace } = backend.binding;
  if (disposed) throw new SslError(`The compiled function '${name}' was called after dispose(). Compile it again.`, { from: '@ssl/backend' });
  if (trace !== undefined) {
    throw new SslError(`The compiled function '${name}' was called while '${trace.name}' is compiled. Call the plain function there: it becomes part of '${trace.name}'.`, { from: '@ssl/backend' });
  }
  if (tf.getBackend() !== backendName) {
    throw new SslError(`The compiled function '${name}' needs the tfjs backend '${backendName}', but '${tf.getBackend()}' is active. Call useBackend() or tf.setBackend('${backendName}').`, { from: '@ssl/backend' });
  }
}

/**
 * Compiles a function of tensor trees: at the first call with a signature (structure, shapes, types, precision) it is
 * traced into one function of the library, which then runs on another thread.
 */
export function compileFunction<Args extends TensorTree, Result extends TensorTree>(
  backend: NodeBackend,
  fn: (args: Args) => Result,
  options: CompileOptions = {},
  onTrace?: (event: TraceEvent) => void,
): CompiledFunction<Args, Result> {
  const name = options.name ?? (fn.name === '' ? 'function' : fn.name);
  const { binding } = backend;
  const { api, context, status } = binding.runtime;
  const traced = new Map<string, TracedFunction<Result>>();
  const recorded = new Map<string, TracedFunction<Result>>();
  let newest: CallForm = new Map();
  let disposed = false;
  let running = 0;

  const release = (): void => {
    if (!disposed || running > 0) return;
    for (const { name: libraryName } of traced.values()) api.TFE_ContextRemoveFunction(context, libraryName, status);
    for (const { session } of recorded.values()) session?.close();
    traced.clear();
    recorded.clear();
  };

  const entryOf = (tensor: tf.Tensor): EagerTensor => {
    const entry = binding.entry(backend.getInputTensorIds([tensor])[0]!);
    if (entry.kind === 'eager') return entry;
    throw new SslError(`'${name}' was called with a tensor made while '${entry.trace.name}' was compiled, which stands for a value only inside of it. Return it from there first.`, { from: '@ssl/backend' });
  };

  const find = (args: Args, entries: readonly EagerTensor[]): TracedFunction<Result> => {
    const precision = options.precision ?? binding.precision;
    const shapes = traceSignature(args, (tensor) => describe(entryOf(tensor)));
    const signature = `${precision} ${shapes}`;
    const isRecorded = binding.recording?.wants(name) === true;
    const known = (isRecorded ? recorded : traced).get(signature);
    if (known !== undefined) return known;
    const start = performance.now();
    const libraryName = `${name.replace(/\W+/g, '_')}_ssl_${process.pid}_${functionCount++}`;
    if (isRecorded) {
      const session = traceFunction(backend, { fn, args, entries, name, libraryName, precision, recorded: true });
      recorded.set(signature, session);
      return session;
    }
    const made = traceFunction(backend, { fn, args, entries, name, libraryName, precision });
    traced.set(signature, made);
    const { paths } = flattenTree(args);
    const form = new Map([['precision', precision], ...entries.map((entry, index) => [paths[index]!, describe(entry)] as const)]);
    const reason = traced.size === 1 ? 'first call' : formChange(newest, form);
    newest = form;
    onTrace?.({ name, traces: traced.size, milliseconds: performance.now() - start, operations: made.operations, reason });
    if (traced.size > 1) reportRecompilation({ name, traces: traced.size, reason });
    return made;
  };

  const runRecorded = (session: GraphSession, inputs: readonly EagerTensor[]): EagerTensor[] => {
    const { results, operations } = session.run(inputs);
    binding.recording?.take(operations);
    return results;
  };

  const run = async (args: Args): Promise<Result> => {
    checkCallable(backend, name, disposed);
    const entries = flattenTree(args).tensors.map(entryOf);
    const target = find(args, entries);
    const captured = target.captures.map((current) => current());
    running++;
    try {
      const results = target.session === undefined ? await binding.executor.executeAsync(target.name, [...entries, ...captured], target.outputs) : runRecorded(target.session, [...entries, ...captured]);
      return unflattenTree(target.template, results.map((entry) => backend.createOutputTensor(binding.register(entry))));
    } finally {
      running--;
      release();
    }
  };

  return Object.defineProperty(
    Object.assign(run, {
      dispose: () => {
        disposed = true;
        release();
      },
    }),
    'traces',
    { get: () => traced.size, enumerable: true },
  ) as CompiledFunction<Args, Result>;
}
