import type { Scalar, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';

/** All that changes in a run, apart from the step number. */
export type TrainState = {
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
  readonly optimizer: TensorRecord;
};

/** The numbers of one step, as tensors, so that a compiled step is not compiled again. */
export type StepScalars = {
  /** Optimizer step from 0, float32. */
  readonly step: Scalar;
  readonly learningRate: Scalar;
  readonly peakLearningRate: Scalar;
  readonly weightDecay: Scalar;
  /** The method's schedules by name. */
  readonly schedules: Readonly<Record<string, Scalar>>;
};

/** One batch as the method gets it. */
export type StepBatch = {
  readonly views: readonly Tensor4D[];
  readonly extras: Readonly<Record<string, Tensor>>;
};

/** Outputs that the monitor looks at, each `[rows, dimension]`. */
export type MonitoredOutputs = { readonly outputs?: Tensor; readonly pair?: readonly [Tensor, Tensor] };

/** What a step hands to the host. */
export type StepResult = {
  readonly state: TrainState;
  readonly loss: Scalar;
  readonly metrics: Readonly<Record<string, Scalar>>;
  /** Norm of each trained parameter's gradient before clipping, in the order of `Trainer.trained`, `[parameters]`. */
  readonly gradientNorms: Tensor;
  /** Outputs that the monitor looks at, `[batch, dimension]`; empty where the method has none. */
  readonly monitored: MonitoredOutputs;
};
