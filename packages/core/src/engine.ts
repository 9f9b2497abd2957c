import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SslError } from './errors.js';
import { cloneTree } from './tensor-tree/clone-tree.js';
import type { TensorTree } from './tensor-tree/tensor-tree.js';

/** Number format of matrix products and convolutions. Statistics, softmax, losses and master weights are float32 in both. */
export type Precision = 'float32' | 'bfloat16';

export interface CompileOptions {
  /** Shown in errors, profiles and recompilation notices. */
  readonly name?: string;
  /** Precision of the compiled function; the engine's own if left out. */
  readonly precision?: Precision;
}

/**
 * A compiled function. The caller keeps ownership of the arguments and owns the result: no leaf of the result is ever
 * a leaf of the arguments, so both can be disposed of independently.
 */
export interface CompiledFunction<Args extends TensorTree, Result extends TensorTree> {
  (args: Args): Promise<Result>;
  /** How many input signatures (tree structure, shapes, dtypes) were traced so far; 0 on engines that run eagerly. */
  readonly traces: number;
  /** Releases the traced functions. A call after that throws. */
  dispose(): void;
}

/**
 * What runs the tensors. `@ssl/backend` registers one; without it, functions run eagerly on whatever backend
 * tfjs-core has active.
 */
export interface Engine {
  /** 'tensorflow', 'webgpu', 'wasm', 'js'. */
  readonly name: string;
  /** For people: 'CPU, 2 threads', 'NVIDIA H100'. */
  readonly device: string;
  readonly precision: Precision;
  compile<Args extends TensorTree, Result extends TensorTree>(
    fn: (args: Args) => Result,
    options?: CompileOptions,
  ): CompiledFunction<Args, Result>;
  /** Runs `fn` with matrix products and convolutions in `precision`. Synchronous and nestable. */
  withPrecision<T>(precision: Precision, fn: () => T): T;
  /** Whether a function of these would be fused into one operation now, if that pays from `leastSize` numbers on (left out: the engine's own rule); never if left out. */
  fuses?(inputs: readonly Tensor[], leastSize?: number): boolean;
}

/** Runs every function on tfjs-core's active backend, in float32, as it is written. */
const eagerEngine: Engine = {
  get name() {
    return tf.getBackend();
  },
  device: 'tfjs-core',
  precision: 'float32',
  compile: compileEagerly,
  withPrecision: (_precision, fn) => fn(),
};

/**
 * The eager form of a compiled function, for engines that do not trace: runs in a tidy, and every leaf of the result
 * is a handle of its own.
 */
export function compileEagerly<Args extends TensorTree, Result extends TensorTree>(
  fn: (args: Args) => Result,
  { name = 'function' }: CompileOptions = {},
): CompiledFunction<Args, Result> {
  let disposed = false;
  const run = (args: Args): Promise<Result> => {
    if (disposed) {
      return Promise.reject(
        new SslError(`'${name}' was called after dispose(). Compile it again.`, { from: '@ssl/core' }),
      );
    }
    // A synchronous throw becomes a rejection, as on engines that run in the background.
    return new Promise((resolve) => {
      resolve(tf.tidy(() => cloneTree(fn(args)) as unknown as tf.TensorContainer) as unknown as Result);
    });
  };
  return Object.assign(run, {
    traces: 0,
    dispose: () => {
      disposed = true;
    },
  });
}

// On globalThis, so that two installed copies of this package share the engine, as they share tfjs-core's.
const slot = Symbol.for('@ssl/core/engine');
const registry = globalThis as { [slot]?: Engine | undefined };

/** Makes an engine the current one; `undefined` goes back to eager execution. */
export function registerEngine(engine: Engine | undefined): void {
  registry[slot] = engine;
}

/** The registered engine, or the eager one. */
export function currentEngine(): Engine {
  return registry[slot] ?? eagerEngine;
}

/**
 * Compiles a pure function of a tensor tree on the current engine.
 *
 * Engines that trace run `fn` once for each signature (structure, shapes, dtypes) of the argument; so it must use
 * tensor operations only: no `dataSync`, no branching on values, no `Math.random`.
 *
 * @example
 * const step = compile(({ x }: { x: tf.Tensor }) => ({ y: tf.square(x) }));
 * const { y } = await step({ x: tf.scalar(3) }); // 9
 */
export function compile<Args extends TensorTree, Result extends TensorTree>(
  fn: (args: Args) => Result,
  options?: CompileOptions,
): CompiledFunction<Args, Result> {
  return currentEngine().compile(fn, options);
}

/** Runs `fn` with matrix products and convolutions in `precision`, where the engine has a choice. */
export function withPrecision<T>(precision: Precision, fn: () => T): T {
  return currentEngine().withPrecision(precision, fn);
}
