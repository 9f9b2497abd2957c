import * as tf from '@tensorflow/tfjs-core';
import type { Pointer } from './c-api.js';
import { tensorflowType as T } from './data-type.js';
import { GraphTrace } from './graph-trace.js';
import type { NodeBackend } from './node-backend.js';
import { activeBackend } from './run-op.js';
import { describeTensor, type EagerTensor, type SymbolicTensor, type TensorEntry } from './tensor-entry.js';

/** A function of the library that XLA compiles. */
export interface FusedFunction {
  readonly name: string;
  readonly pointer: Pointer;
  readonly outputs: readonly Pick<EagerTensor, 'type' | 'shape'>[];
}

/** Elements of the largest input from which on a fused function repays its compilation, about half a second. */
export const leastFusedSize = 1 << 20;

export interface FusedOptions {
  /**
   * `'input'`: in the type of the first input. Left out: as `fn` returns them, and a single result that is needed in
   * bfloat16 only is made in it.
   */
  readonly results?: 'input';
  /** The single result is quickly made again, of inputs that a gradient keeps in any case: see {@link madeAgain}. */
  readonly cheap?: boolean;
  /** Elements of the largest input from which on it is fused. */
  readonly leastSize?: number | undefined;
}

/** `compiled` says whether XLA compiles what it does. */
type Body = (inputs: readonly tf.Tensor[], compiled: boolean) => tf.Tensor[];

/**
 * Runs `fn` as one operation that XLA compiles: one pass over memory, and nothing kept in between. So it is in a compiled
 * function, for tensors of a million elements and more, on a processor whose library has XLA. Elsewhere `fn` runs as it is written.
 *
 * @param name - Of `fn` and of the settings that it closes over: two functions of one name must be the same.
 * @param fn - Of tensors alone, elementwise and reductions.
 */
export function fused(name: string, inputs: readonly tf.Tensor[], fn: Body, { results, cheap = false, leastSize }: FusedOptions = {}): tf.Tensor[] {
  if (!isFused(inputs, leastSize)) return fn(inputs, false);
  const backend = activeBackend();
  const trace = backend.binding.trace!;
  const symbols = inputs.map((tensor) => trace.inside(entryOf(backend, tensor)));
  const low: Body = (tensors) => fn(tensors, true).map((tensor) => inType(backend, tensor, T.bfloat16));
  const run = (body: Body, of: string): SymbolicTensor[] => trace.call(functionFor(backend, of, symbols, body), symbols);
  if (results === 'input' && symbols[0]!.type === T.bfloat16) return run(low, `${name} low`).map((result) => tensorOf(backend, result));
  const made = run(fn, name);
  if (made.length > 1) return made.map((result) => tensorOf(backend, result));
  const inBfloat16 = (): SymbolicTensor => run(low, `${name} low`)[0]!;
  const again = (previous: SymbolicTensor): SymbolicTensor => {
    const later = <Result>(make: () => Result): Result => trace.after([previous], make);
    return { ...later(() => run(fn, name)[0]!), inBfloat16: () => later(inBfloat16) };
  };
  return [tensorOf(backend, { ...made[0]!, inBfloat16, ...(cheap ? { again } : {}) })];
}

/** True where {@link fused} makes one operation of a function of these tensors. */
export function isFused(inputs: readonly Pick<tf.Tensor, 'size'>[], leastSize = leastFusedSize): boolean {
  const { trace, hasXla } = activeBackend().binding;
  return trace !== undefined && hasXla && inputs.some(({ size }) => size >= leastSize);
}

/**
 * What a weight's gradient needs of the forward pass: the same numbers as `saved`, in a compiled function made again when `dy` is
 * there if that is cheap, so that nothing of it is held from the forward pass until then.
 */
export function madeAgain(saved: tf.Tensor, dy: tf.Tensor): tf.Tensor {
  const backend = activeBackend();
  const { trace } = backend.binding;
  if (trace === undefined) return saved;
  const { again } = trace.inside(entryOf(backend, saved));
  return again === undefined ? saved : tensorOf(backend, again(trace.inside(entryOf(backend, dy))));
}

/** In bfloat16 where that is the precision in force. */
export function inPrecision(tensor: tf.Tensor): tf.Tensor {
  const backend = activeBackend();
  return backend.binding.precision === 'bfloat16' ? inType(backend, tensor, T.bfloat16) : tensor;
}

const entryOf = (backend: NodeBackend, tensor: tf.Tensor): TensorEntry => backend.binding.entry(backend.getInputTensorIds([tensor])[0]!);
const tensorOf = (backend: NodeBackend, entry: TensorEntry): tf.Tensor => backend.createOutputTensor(backend.binding.register(entry));

function inType(backend: NodeBackend, tensor: tf.Tensor, type: number): tf.Tensor {
  return tensorOf(backend, backend.binding.cast(entryOf(backend, tensor), type));
}

/** Made once for each signature, and kept as long as the library. */
function functionFor(backend: NodeBackend, name: string, inputs: readonly SymbolicTensor[], fn: Body): FusedFunction {
  const { binding } = backend;
  const key = `${name} ${binding.precision} ${inputs.map(describeTensor).join(' ')}`;
  const known = binding.fusedFunctions.get(key);
  if (known !== undefined) return known;
  const outer = binding.trace;
  const inner = new GraphTrace(name, binding.runtime, binding.executor);
  const engine = tf.engine();
  engine.startScope(name);
  binding.trace = inner;
  try {
    const symbols = inputs.map(({ type, shape }) => tensorOf(backend, inner.input(type, shape)));
    const outputs = fn(symbols, true).map((tensor) => inner.inside(entryOf(backend, tensor)));
    const made = inner.finishFused(`${name.replace(/\W+/g, '_')}_fused_${process.pid}_${binding.fusedFunctions.size}`, outputs);
    binding.fusedFunctions.set(key, made);
    return made;
  } finally {
    binding.trace = outer;
    engine.endScope();
    inner.dispose();
  }
}
