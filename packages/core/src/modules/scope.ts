import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import type { TensorTree } from '../tensor-tree/tensor-tree.js';

/* eslint-disable @typescript-eslint/no-unnecessary-type-parameters -- the caller knows the rank of its own tensor */

/**
 * The place of one module inside a network: its parameters, its buffers, and where it puts new buffer values.
 * A scope lives for one call of `apply`.
 */
export interface Scope {
  readonly training: boolean;
  /** Dotted path from the root, for errors. */
  readonly path: string;
  /** The scope of the child called `name` (`layer1`, `0`). */
  child(name: string): Scope;
  /** The parameter called `name`; throws an `SslError` that lists what is there. */
  param<T extends Tensor>(name: string): T;
  /** True where the parameter exists (an optional bias). */
  has(name: string): boolean;
  /** The buffer called `name`: the newest value put in this call. */
  buffer<T extends Tensor>(name: string): T;
  /** Replaces a buffer. Kept out of the gradient. */
  update(name: string, value: Tensor): void;
  /** A random key of its own for this place in the network and this call, int32 `[2]`. Throws where the mode has no key. */
  randomKey(): Tensor1D;
  /**
   * Runs `forward` at this place without keeping its intermediate tensors for the gradient, which runs it again: same
   * parameters, same random draws; buffers move once. What it takes from elsewhere than scope and input counts as constant.
   */
  checkpoint<Input extends TensorTree, Output extends TensorTree>(forward: (scope: Scope, input: Input) => Output, input: Input): Output;
}
