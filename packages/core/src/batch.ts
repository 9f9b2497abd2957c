import type { Scalar, Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';

/** Images of one batch as the loader hands them over: packed bytes on the host, nothing on the device yet. */
export interface HostBatch {
  /** Pixels, NHWC, `shape[0] * shape[1] * shape[2] * shape[3]` bytes. */
  readonly pixels: Uint8Array;
  /** `[batch, height, width, channels]`. */
  readonly shape: readonly [number, number, number, number];
  /** Position of each image in the dataset, `[batch]`. */
  readonly indices: Int32Array;
  /** Width divided by height of each image before it was squeezed into the square above, `[batch]`. */
  readonly aspects: Float32Array;
  /** Class of each image where the dataset has labels, `[batch]`. Never shown to a self-supervised method. */
  readonly labels?: Int32Array;
  /** Other numbers of each image, by name: tokens that were computed before. */
  readonly extras?: Readonly<Record<string, HostExtra>>;
}

/** Numbers of each image of a batch, on the host. */
export interface HostExtra {
  readonly values: Int32Array | Float32Array;
  /** The first axis is the batch. */
  readonly shape: readonly number[];
}

/** Where a loader stands: saved in checkpoints, given back to continue with the very next batch. */
export interface LoaderPosition {
  /** Epoch under way, from 0. */
  readonly epoch: number;
  /** Batches of this epoch that were already handed out. */
  readonly batch: number;
}

/** A source of batches that starts anywhere. The order of images depends on seed and epoch only. */
export interface BatchLoader {
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
  /** Endless: goes on with the next epoch. Breaking out of the loop stops the workers' prefetch. */
  batches(from: LoaderPosition): AsyncIterable<HostBatch>;
  /** Stops worker threads. */
  close(): Promise<void>;
}

/** Images on the device, as views are made from them. */
export interface ViewsInput {
  /** `[batch, height, width, channels]`, float32 in 0..1. */
  readonly images: Tensor4D;
  /** Width over height of the originals, `[batch]`, float32. */
  readonly aspects: Tensor1D;
  /** Class of each image where the dataset has labels, int32 `[batch]`, -1 where unknown: for semi-supervised methods only. */
  readonly labels?: Tensor1D;
  /** Other numbers that the loader brought with the images, int32 or float32; the first axis is the batch. */
  readonly extras?: Readonly<Record<string, Tensor>>;
  /** Random key of this step, see `random.ts`. */
  readonly key: Tensor1D;
  /** Optimizer step from 0, float32; for views that change in the course of a run. Left out where there is no run. */
  readonly step?: Scalar;
  /** Share of the run that is done, `step / totalSteps`, from 0 to below 1, float32. Left out where there is no run. */
  readonly progress?: Scalar;
}

/** What a method gets of one batch. */
export interface ViewBatch {
  /** Augmented views, each `[batch, size, size, channels]`, float32, normalised. View k of image i is row i of `views[k]`. */
  readonly views: readonly Tensor4D[];
  /** Other inputs that the method declared: masks, tokens, labels. First axis is the batch. */
  readonly extras?: Readonly<Record<string, Tensor>>;
}

/** Makes the views of a batch. Pure: the same key gives the same views. Compiled by the trainer. */
export type Views = (input: ViewsInput) => ViewBatch;
