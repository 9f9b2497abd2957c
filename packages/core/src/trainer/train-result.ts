import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { TrainWarning } from './train-hook.js';

/** What a run leaves behind. Its tensors belong to the caller; {@link TrainResult.dispose} frees them. */
export interface TrainResult {
  /** 'interrupted' when the signal fired before the last step. */
  readonly status: 'finished' | 'interrupted';
  /** Optimizer steps done since the start of training, those before a resume and skipped ones included. */
  readonly step: number;
  readonly totalSteps: number;
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
  /** Loss of the last step that counted; NaN when there was none. */
  readonly loss: number;
  /** Steps of this call whose loss or gradient was not finite; the weights did not change in them. */
  readonly skippedSteps: number;
  readonly warnings: readonly TrainWarning[];
  /** The newest checkpoint that was written or resumed from. */
  readonly checkpoint?: string;
  /** Seconds of this call, from the first batch to the last. */
  readonly seconds: number;
  /** Images (not views) seen in this call. */
  readonly images: number;
  dispose(): void;
}
