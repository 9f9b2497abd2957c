import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { Scope } from './scope.js';

/**
 * Tensors of a module. `params` are trained; `buffers` are not (running statistics).
 * Paths and shapes are PyTorch's, except that convolution weights (rank 4, `*.weight`) are kept
 * `[height, width, in, out]` and turned into `[out, in, height, width]` in files.
 */
export type Variables = { readonly params: TensorRecord; readonly buffers: TensorRecord };

export interface Mode {
  /** Batch statistics, dropout and stochastic depth on. */
  readonly training: boolean;
  /** Random key, int32 `[2]`, for dropout and stochastic depth; may be left out where a module draws nothing. */
  readonly key?: Tensor1D;
}

/** A layer or network: a pair of pure functions over a tree of tensors. */
export interface Module<Input = Tensor, Output = Tensor> {
  /** Fresh tensors. The same seed gives the same values on every engine. */
  init(seed: number): Variables;
  /** The computation. Parameters come from the scope; new buffer values are handed to it. Use {@link apply} from outside. */
  forward(scope: Scope, input: Input): Output;
}

/** A network from images to one feature vector each. */
export interface Backbone extends Module<Tensor4D, Tensor2D> {
  readonly name: string;
  readonly featureDimension: number;
  /** Last spatial feature map, `[batch, height, width, featureDimension]`. */
  featureMap(scope: Scope, images: Tensor4D): Tensor4D;
}
