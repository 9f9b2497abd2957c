import type { Scalar, Tensor } from '@tensorflow/tfjs-core';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';

/** What applies to the parameters that `match` accepts. Rules are read in order; later ones override field by field. */
export interface ParameterGroupRule {
  /** Dotted path of the parameter, without prefix. */
  readonly match: (path: string, shape: readonly number[]) => boolean;
  /** Factor on the weight decay; 0 for biases and norms. */
  readonly weightDecay?: number;
  /** Factor on the learning rate (layer decay, patch embedding). */
  readonly learningRate?: number;
  /** Learning rate that does not follow the schedule: the schedule's highest value, times `learningRate` (SimSiam's predictor). */
  readonly constantRate?: boolean;
  /** False: LARS does not adapt the rate. */
  readonly adapt?: boolean;
  /** The gradient is dropped before this step (SwAV's prototypes, DINO's last layer). */
  readonly frozenUntil?: number;
  /** Never updated (MoCo v3's patch embedding). */
  readonly frozen?: boolean;
}

/** A rule with every field resolved, one for each parameter path. */
export interface ParameterGroup {
  readonly weightDecay: number;
  readonly learningRate: number;
  readonly constantRate: boolean;
  readonly adapt: boolean;
  readonly frozenUntil: number;
  readonly frozen: boolean;
}

/** Flat maps from dotted path to tensor: the form in which optimizers see parameters and gradients. */
export type TensorMap = Readonly<Record<string, Tensor>>;

export interface OptimizerInput {
  readonly params: TensorMap;
  readonly grads: TensorMap;
  readonly state: TensorRecord;
  /** Resolved schedule values of this step; tensors, so that a compiled step is not compiled again. */
  readonly learningRate: Scalar;
  /** Highest value of the learning-rate schedule, for groups of constant rate. */
  readonly peakLearningRate: Scalar;
  readonly weightDecay: Scalar;
  /** Optimizer step from 0, float32. */
  readonly step: Scalar;
  readonly groups: Readonly<Record<string, ParameterGroup>>;
}

/** A pair of pure functions. */
export interface Optimizer {
  readonly name: string;
  init(params: TensorMap): TensorRecord;
  update(input: OptimizerInput): { params: TensorMap; state: TensorRecord };
}
