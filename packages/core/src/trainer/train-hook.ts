import type { TensorRecord } from '../tensor-tree/tensor-tree.js';

/** The run as a whole, known before its first step. */
export interface RunInfo {
  readonly method: string;
  readonly optimizer: string;
  /** First step of this call: 0, or where the checkpoint stood. */
  readonly firstStep: number;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly batchSize: number;
  readonly views: number;
  readonly accumulate: number;
  readonly seed: number;
  /** Trained numbers. */
  readonly parameters: number;
  /** The checkpoint that the run goes on from. */
  readonly resumedFrom?: string;
}

/** Of one optimizer step. */
export interface StepEvent {
  /** Steps done, this one included: 1 after the first. */
  readonly step: number;
  readonly totalSteps: number;
  /** Epoch of this step, from 0. */
  readonly epoch: number;
  readonly loss: number;
  /** The method's metrics by name. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** True when the step was thrown away because something was not finite. */
  readonly skipped: boolean;
  /** Whole time of the step (waiting for data, views, training), in seconds. */
  readonly seconds: number;
  /** Part of `seconds` that went by waiting for the loader. */
  readonly waitSeconds: number;
  /** Since the first step of this call (the first one, which compiles, left out once there are more). Images, not views. */
  readonly imagesPerSecond: number;
  /** Seconds to the end of the run at this speed. */
  readonly remainingSeconds: number;
  /** Only in steps in which the monitor looked. */
  readonly embedding?: EmbeddingHealth;
}

/** How far the outputs of a batch are from a single point. */
export interface EmbeddingHealth {
  /** Mean over dimensions of the standard deviation of the L2-normalised outputs. 0 is collapse. */
  readonly spread: number;
  /** Spread of outputs that are spread evenly over the sphere: 1 / sqrt(dimension). */
  readonly spreadReference: number;
  /** Dimensions in use: (sum of the covariance's eigenvalues)^2 / (sum of their squares), from 1 to the dimension. */
  readonly effectiveRank: number;
  readonly dimension: number;
  /**
   * `exp(entropy of the normalised singular values)` of the outputs as they are, from 1 to the dimension (Garrido et al. 2023,
   * equation 1), where the engine has eigenvalues.
   */
  readonly rankMe?: number;
  /** Mean squared distance of the positive pair on the unit sphere, 0 to 4, where the method names one (Wang and Isola 2020). */
  readonly alignment?: number;
  /** `log mean exp(-2 distance^2)` of different images on the unit sphere, 0 for a point, about -4 for an even spread. */
  readonly uniformity?: number;
}

export interface EpochEvent {
  /** The epoch that ended, from 0. */
  readonly epoch: number;
  readonly step: number;
  /** Mean over the steps of this call in that epoch, skipped ones left out. */
  readonly loss: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly seconds: number;
  /** Parameters and buffers as they stand, for probes. They live only until the hook's promise settles. */
  readonly state: TrainStateView;
}

/** A look at the weights during a run. Copy (`cloneTree`) what must live longer than the hook's call. */
export interface TrainStateView {
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
}

export interface CheckpointEvent {
  readonly step: number;
  readonly path: string;
  readonly bytes: number;
  readonly seconds: number;
}

/** Something that the user should know and that did not end the run. */
export interface TrainWarning {
  readonly kind: 'collapse' | 'skipped-step' | 'checkpoint-failed' | 'recompiled' | 'batch-norm';
  readonly step: number;
  /** What was seen, what it means, which knob to turn. */
  readonly message: string;
  /** Of kind 'collapse': the name of the diagnosis ('constant-embedding'), the same from run to run. */
  readonly diagnosis?: string;
}

export interface EndEvent {
  readonly status: 'finished' | 'interrupted' | 'failed';
  readonly step: number;
  readonly seconds: number;
  readonly state: TrainStateView;
  /** Of a run that failed. */
  readonly error?: unknown;
}

/**
 * An observer of a run. It may take its time (a returned promise is awaited) but cannot change what is trained.
 * A hook that throws ends the run, after a checkpoint, with an error that names the hook.
 */
export interface TrainHook {
  /** For errors: 'progress', 'tensorboard'. */
  readonly name: string;
  onStart?(run: RunInfo): void | Promise<void>;
  onStep?(event: StepEvent): void | Promise<void>;
  onEpoch?(event: EpochEvent): void | Promise<void>;
  onCheckpoint?(event: CheckpointEvent): void | Promise<void>;
  onWarning?(warning: TrainWarning): void | Promise<void>;
  onEnd?(event: EndEvent): void | Promise<void>;
}
