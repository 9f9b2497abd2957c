import type { BatchLoader, Views } from '../batch.js';
import type { CheckpointOptions } from '../checkpoint/checkpoint-options.js';
import type { Precision } from '../engine.js';
import type { SslMethod } from '../method/method.js';
import type { ClipNorm } from '../optimizers/clip-gradients.js';
import type { Optimizer, ParameterGroupRule } from '../optimizers/optimizer.js';
import type { Schedule } from '../schedules/schedule.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { TrainHook } from './train-hook.js';

/** Everything that a run needs. The trainer knows no method, data set or device by name. */
export interface TrainOptions {
  readonly method: SslMethod;
  /** Makes the views of a batch; a preset of `@ssl/augment`. */
  readonly views: Views;
  /** Stays open: who made it closes it. */
  readonly loader: BatchLoader;
  readonly optimizer: Optimizer;
  readonly learningRate: number | Schedule;
  /** Default 0. */
  readonly weightDecay?: number | Schedule;
  /** Length of the run in passes over the data, a whole number from 1. Give this or `steps`. */
  readonly epochs?: number;
  /** Length of the run in optimizer steps, a whole number from 1. */
  readonly steps?: number;
  /** Every draw of the run comes from (seed, step, purpose). Whole number from 0; default 0. */
  readonly seed?: number;
  /** Micro-batches of one optimizer step; must divide the batch size. Default 1. Exact for every method but for batch norm, whose statistics are those of a micro-batch. */
  readonly accumulate?: number;
  /** Highest norm of the gradient; larger ones are scaled down to it. A number is a limit over all parameters. */
  readonly clipNorm?: number | ClipNorm;
  /** Rules after the default (no decay and no adaptation of biases and norms) and the method's own. */
  readonly groups?: readonly ParameterGroupRule[];
  /** Of matrix products and convolutions; the engine's own if left out. */
  readonly precision?: Precision;
  /** Observers, called in order. Without them the same weights are trained. */
  readonly hooks?: readonly TrainHook[];
  /** Where and how often to save; nothing is saved if left out. */
  readonly checkpoint?: CheckpointOptions;
  /** A checkpoint file to go on from, or true for the newest in `checkpoint.folder` (a fresh start where there is none). */
  readonly resume?: string | boolean;
  /** When it fires, the step under way ends, a checkpoint is saved, and `train` returns with status 'interrupted'. */
  readonly signal?: AbortSignal;
  /** How often the spread and the effective rank of the outputs are measured, in steps; 0 for never. Default 50. */
  readonly monitorEvery?: number;
  /** So many steps in a row with a loss or gradient that is not finite end the run. Default 10. */
  readonly maximumSkips?: number;
  /** Starting values in place of `method.init(seed)`; they are copied. */
  readonly initial?: { readonly params: TensorRecord; readonly aux: TensorRecord };
  /** Written into every checkpoint: whatever is needed to build the method again (backbone, size, normalisation). Plain JSON. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Defaults of {@link TrainOptions}. */
export const trainDefaults = {
  weightDecay: 0,
  seed: 0,
  accumulate: 1,
  monitorEvery: 50,
  maximumSkips: 10,
} as const;
