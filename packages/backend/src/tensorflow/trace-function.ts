import { flattenTree, type Precision, SslError, type TensorTree, unflattenTree } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { tensorflowType } from './data-type.js';
import { withoutRandomness } from './forbid-side-effects.js';
import type { GraphSession } from './graph-session.js';
import { GraphTrace } from './graph-trace.js';
import type { NodeBackend } from './node-backend.js';
import type { EagerTensor, SymbolicTensor, TensorEntry } from './tensor-entry.js';

export type OutputForm = Pick<EagerTensor, 'type' | 'shape'> | undefined;

/** A function of the context, made from a JavaScript function for one signature. */
export interface TracedFunction<Result extends TensorTree> {
  /** Its name in the library. */
  readonly name: string;
  /** Tensors from outside that are handed in at every call, after the arguments, with their present values. */
  readonly captures: readonly (() => EagerTensor)[];
  /** Type and shape of each output, where the graph knows them. */
  readonly outputs: readonly OutputForm[];
  /** A tree of the result's structure; its leaves mean nothing. */
  readonly template: Result;
  readonly operations: number;
  /** Runs it in the place of the library's function, which does not exist then. */
  readonly session?: GraphSession;
}

export interface TraceRequest<Args extends TensorTree, Result extends TensorTree> {
  readonly fn: (args: Args) => Result;
  readonly args: Args;
  readonly entries: readonly EagerTensor[];
  readonly name: string;
  /** Unique in the process. */
  readonly libraryName: string;
  readonly precision: Precision;
  /** Make a session that times operations instead of a function. */
  readonly recorded?: boolean;
}

function entryOf(backend: NodeBackend, tensor: tf.Tensor): TensorEntry {
  return backend.binding.entry(backend.getInputTensorIds([tensor])[0]!);
}

/** Which engine tensor each registered variable of this backend holds now. */
function variablesByTensor(backend: NodeBackend): Map<TensorEntry, tf.Variable> {
  const variables = Object.values(tf.engine().registeredVariables).filter((variable) => backend.tensorMap.has(variable.dataId));
  return new Map(variables.map((variable) => [entryOf(backend, variable), variable]));
}

function capture(backend: NodeBackend, entry: EagerTensor, variable: tf.Variable | undefined, name: string): () => EagerTensor {
  return () => {
    const current = variable === undefined || variable.isDisposed ? entry : entryOf(backend, variable);
    if (current.kind === 'symbolic' || current.disposed === true) {
      throw new SslError(
        `The compiled function '${name}' uses a tensor from outside (shape [${entry.shape.join(', ')}]) that was disposed of since it was compiled. Keep it for as long as the function, or pass it as an argument.`,
        { from: '@ssl/backend' },
      );
    }
    return current;
  };
}

/**
 * Runs `fn` once on symbols instead of tensors and makes a function of the library from the operations it called.
 * Whatever goes wrong, the backend is left as it was.
 */
export function traceFunction<Args extends TensorTree, Result extends TensorTree>(
  backend: NodeBackend,
  { fn, args, entries, name, libraryName, precision, recorded = false }: TraceRequest<Args, Result>,
): TracedFunction<Result> {
  const { binding } = backend;
  const variables = variablesByTensor(backend);
  const trace = new GraphTrace(name, binding.runtime, binding.executor);
  const precisionBefore = binding.precision;
  const engine = tf.engine();
  engine.startScope(name);
  binding.trace = trace;
  binding.precision = precision;
  try {
    const symbols = entries.map(({ type, shape, resourceType }) => backend.createOutputTensor(binding.register(trace.input(type, shape, resourceType))));
    const result = withoutRandomness(name, () => fn(unflattenTree(args, symbols)));
    refusePromise(result, name);
    if (trace.violation !== undefined) throw trace.violation;
    const { tensors } = flattenTree(result);
    const outputs = tensors.map((tensor) => outputOf(backend, trace, tensor));
    const session = recorded ? trace.openSession(outputs) : undefined;
    if (session === undefined) trace.finish(libraryName, outputs);
    return {
      ...(session === undefined ? {} : { session }),
      name: libraryName,
      captures: trace.captures.map((entry) => capture(backend, entry, variables.get(entry), name)),
      outputs: outputs.map(({ type, shape, isShapeUnknown }) => (isShapeUnknown === true ? undefined : { type, shape })),
      template: result,
      operations: trace.operations,
    };
  } catch (error) {
    releaseTape();
    throw error;
  } finally {
    binding.trace = undefined;
    binding.precision = precisionBefore;
    engine.endScope();
    trace.dispose();
  }
}

/** tfjs keeps what it saved for a gradient whose function threw. */
function releaseTape(): void {
  const { state } = tf.engine();
  if (state.gradientDepth > 0 || ((state.activeTape as unknown) ?? null) === null) return;
  for (const { saved } of state.activeTape) tf.dispose(saved ?? []);
  state.activeTape = [];
}

/** An output of the function: float32 where tfjs says so, and never an input itself. */
function outputOf(backend: NodeBackend, trace: GraphTrace, tensor: tf.Tensor): SymbolicTensor {
  const { binding } = backend;
  const inside = trace.inside(entryOf(backend, tensor));
  const wide = inside.type === tensorflowType.bfloat16 ? trace.inside(binding.cast(inside, tensorflowType.float)) : inside;
  if (wide.isInput !== true) return wide;
  const [copy] = binding.run('Identity', [], [wide], 1);
  return trace.inside(copy!);
}

function refusePromise(result: unknown, name: string): void {
  if (!(result instanceof Promise)) return;
  result.catch(() => undefined);
  throw new SslError(`The compiled function '${name}' must be synchronous, but returned a promise. Take \`async\` and \`await\` out of it.`, { from: '@ssl/backend' });
}
