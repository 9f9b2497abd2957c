import type { LoaderPosition } from '../batch.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';

/** Everything about a run that is not a tensor. */
export interface CheckpointInfo {
  readonly format: 'ssl-checkpoint/1';
  readonly method: string;
  readonly optimizer: string;
  /** Optimizer steps done. */
  readonly step: number;
  readonly totalSteps: number;
  readonly seed: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  /** Where the loader goes on. */
  readonly position: LoaderPosition;
  /** Loss of the last step; null where it is not known. */
  readonly loss: number | null;
  /** What the caller gave as `config`: how to build the network again. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** A run at one moment: what is needed to go on bit for bit. */
export interface Checkpoint {
  readonly info: CheckpointInfo;
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
  readonly optimizer: TensorRecord;
}
