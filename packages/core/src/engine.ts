import * as tf from '@tensorflow/tfjs-core';
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
}
