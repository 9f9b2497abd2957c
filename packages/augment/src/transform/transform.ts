import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import type { TensorRecord } from '@ssl/core';
import type { Planes } from './planes.js';

/** What a transform may look at when it draws its parameters. */
export interface DrawContext {
  /** Images in the batch. */
  readonly batch: number;
  /** Width over height of the originals, `[batch]`: images were squeezed into squares by the loader. */
  readonly aspects: Tensor1D;
  /** Random key of this transform, int32 `[2]`. */
  readonly key: Tensor1D;
  /** Share of the run that is done, from 0 to below 1; left out where there is no run. */
  readonly progress?: Scalar;
}

/**
 * An image transform in two halves: `draw` makes the random parameters, one row for each image, and `apply` is a pure
 * function of pixels and parameters. Parameters can so be tested, logged and replayed.
 * Both halves are traceable: no JavaScript decision depends on a tensor's value.
 */
export interface Transform<Parameters extends TensorRecord = TensorRecord> {
  /** 'colourJitter': names the random stream and the parameters in logs. */
  readonly name: string;
  /**
   * True where `apply` treats each image by itself, with its row of the parameters and nothing else: a CPU may then apply
   * it to a few images at a time. Left out, it always gets the whole batch.
   */
  readonly imagewise?: boolean;
  draw(context: DrawContext): Parameters;
  apply(planes: Planes, parameters: Parameters): Planes;
}
