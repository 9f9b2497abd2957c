import type { Scalar, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Views } from '../batch.js';
import type { Backbone, Variables } from '../modules/module.js';
import type { ClipNorm } from '../optimizers/clip-gradients.js';
import type { ParameterGroupRule } from '../optimizers/optimizer.js';
import type { FrozenNetwork, FrozenRole } from './frozen-network.js';
import type { Schedule } from '../schedules/schedule.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { Tensor } from '@tensorflow/tfjs-core';

/** What one batch must hold; checked before the first step. */
export interface BatchSpec {
  /** How many views of each image, in the order that the method expects (global crops first). */
  readonly views: number;
  /** Names of the other inputs (`masks`, `labels`). */
  readonly extras?: readonly string[];
}

/** Schedule values of this step, by the names in `SslMethod.schedules`, as float32 scalars. */
export type ScheduleValues = Readonly<Record<string, Scalar>>;

/** Numbers to log, as float32 scalars. */
export type Metrics = Readonly<Record<string, Scalar>>;

export interface ForwardInput<Aux extends TensorRecord> {
  readonly params: TensorRecord;
  readonly aux: Aux;
  readonly views: readonly Tensor4D[];
  readonly extras: Readonly<Record<string, Tensor>>;
  readonly schedules: ScheduleValues;
  readonly training: boolean;
  /** Random key of this step and micro-batch, int32 `[2]`. */
  readonly key: Tensor1D;
}

export interface ForwardResult<Aux extends TensorRecord, Outputs extends TensorRecord> {
  /** What the objective needs; the first axis of every leaf is the batch. */
  readonly outputs: Outputs;
  /** Entries of `aux` that the networks renewed (batch-norm statistics). Merged by the trainer, averaged over micro-batches. */
  readonly aux?: Partial<Aux>;
}

export interface ObjectiveInput<Aux extends TensorRecord, Outputs extends TensorRecord> {
  /** Parameters that belong to the objective (prototypes, last layers) get their gradient here. */
  readonly params: TensorRecord;
  readonly aux: Aux;
  /** Of the whole batch (coupling 'batch') or of one micro-batch (coupling 'none'). */
  readonly outputs: Outputs;
  readonly schedules: ScheduleValues;
  readonly key: Tensor1D;
}

export interface ObjectiveResult<Carry extends TensorRecord> {
  readonly loss: Scalar;
  readonly metrics: Metrics;
  /** Handed to `updateAux`. With coupling 'none' it must be means over samples, because micro-batches are averaged. */
  readonly carry: Carry;
}

export interface AuxInput<Aux extends TensorRecord, Outputs extends TensorRecord, Carry extends TensorRecord> {
  /** After the optimizer step. */
  readonly params: TensorRecord;
  /** With the entries that `forward` renewed. */
  readonly aux: Aux;
  /** Of the whole batch, whatever the micro-batches. */
  readonly outputs: Outputs;
  readonly carry: Carry;
  readonly schedules: ScheduleValues;
  readonly step: Scalar;
}

export interface EmbedInput<Aux extends TensorRecord> {
  readonly params: TensorRecord;
  readonly aux: Aux;
  /** `[batch, height, width, channels]`, float32, normalised. */
  readonly images: Tensor4D;
}

/** A network with its weights: what is fine-tuned and exported, and whose attention is shown. */
export interface TrainedBackbone {
  readonly backbone: Backbone;
  /** The backbone's own: no path has a prefix. */
  readonly variables: Variables;
}

/** What views do to pixels from 0 to 1: `(x - mean) / deviation`, one number for each channel, or one for all. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export interface PicturesInput<Aux extends TensorRecord> {
  readonly params: TensorRecord;
  readonly aux: Aux;
  /** A few images from 0 to 1, `[batch, height, width, channels]`; not normalised. */
  readonly images: Tensor4D;
  readonly normalization: Normalization;
  /** The other inputs as training draws them for a batch of these images: masks. */
  readonly extras: Readonly<Record<string, Tensor>>;
}

/** Small pictures for the report, one row for each image. */
export interface PictureGrid {
  /** 'Reconstructions'. */
  readonly title: string;
  /** What there is to see. */
  readonly caption?: string;
  /** From left to right; images float32 from 0 to 1, `[batch, height, width, channels]`, all of one size. */
  readonly columns: readonly { readonly name: string; readonly images: Tensor4D }[];
}

/** Values at which a metric means that the method collapsed or has not started, with the knob to turn. */
export interface CollapseSign {
  /** Of the diagnosis, for programs: 'constant-embedding', 'temperature-too-high'. */
  readonly name?: string;
  /** A metric's name, or `loss`. */
  readonly metric: string;
  /** Where it depends on the batch size (ln(2N - 1)), a function of it. */
  readonly value: number | ((batchSize: number) => number);
  /** Distance from `value` that still counts; below 0 for never. */
  readonly tolerance: number | ((batchSize: number) => number);
  /** 'the embedding is constant', … */
  readonly diagnosis: string;
  /** 'lower the learning rate or raise the temperature' */
  readonly remedy: string;
}

/** A function that is compared as a method of an object is, so that a method with outputs of its own is an `SslMethod` too. */
type FunctionOf<Outputs, Result> = { call(outputs: Outputs): Result }['call'];

/**
 * A self-supervised method: a plain object of pure functions. All that changes lives in `params` and `aux`.
 * `forward` runs the networks and never mixes samples (batch norm aside); `objective` sees the outputs of the whole
 * batch. Between the two the trainer gathers across ranks or caches gradients, for every method alike.
 */
export interface SslMethod<
  Aux extends TensorRecord = TensorRecord,
  Outputs extends TensorRecord = TensorRecord,
  Carry extends TensorRecord = TensorRecord,
> {
  readonly specVersion: 'ssl-method/1';
  /** 'simclr': logs, checkpoints, error prefix. */
  readonly name: string;
  readonly batch: BatchSpec;
  /** Does the objective mix samples? 'none' accumulates micro-batches plainly, 'batch' through gradient caching. */
  readonly coupling: 'none' | 'batch';
  /** What changes with time besides learning rate and weight decay: teacher temperature, EMA momentum. */
  readonly schedules: Readonly<Record<string, Schedule>>;
  readonly groups: readonly ParameterGroupRule[];
  readonly collapse?: readonly CollapseSign[];
  /** The output whose spread and rank the trainer watches, `[batch, dimension]`: the first matrix of floats if left out, false for none. */
  readonly monitor?: false | FunctionOf<Outputs, Tensor2D>;
  /** Two outputs that should agree image by image, `[batch, dimension]`: the monitor measures their alignment and uniformity. */
  readonly positivePair?: FunctionOf<Outputs, readonly [Tensor2D, Tensor2D]>;
  init(seed: number): { params: TensorRecord; aux: Aux };
  forward(input: ForwardInput<Aux>): ForwardResult<Aux, Outputs>;
  objective(input: ObjectiveInput<Aux, Outputs>): ObjectiveResult<Carry>;
  /** After the optimizer step: unit-norm prototypes, clamped logit scale. */
  constrain?(params: TensorRecord): TensorRecord;
  /** After the optimizer step, once: EMA teacher, queue, centre. Returns the whole new `aux`. */
  updateAux?(input: AuxInput<Aux, Outputs, Carry>): Aux;
  /** Backbone features `[batch, dimension]`, the teacher's where the paper evaluates the teacher. */
  embed(input: EmbedInput<Aux>): Tensor2D;
  /** The network whose forward pass `embed` is, with its weights. Left out: it cannot be fine-tuned, exported or learned from. */
  trainedBackbone?(state: { readonly params: TensorRecord; readonly aux: Aux }): TrainedBackbone;
  /** Pictures of what the network makes of images that it has not seen, for the report. Runs eagerly, in a `tf.tidy` of the caller. */
  pictures?(input: PicturesInput<Aux>): readonly PictureGrid[];
}

/** What a method's plugin knows of the run when it builds the method. */
export interface MethodContext {
  readonly backbone: Backbone;
  readonly imageSize: number;
  readonly channels: number;
  readonly batchSize: number;
  readonly datasetSize: number;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  /** Classes of the labels, where the dataset has labels: for semi-supervised methods. */
  readonly classes?: number;
  /** Networks that were trained before, by the part that they play. */
  readonly frozen?: Readonly<Partial<Record<FrozenRole, FrozenNetwork>>>;
}

/** How a method is trained unless the user says otherwise. */
export interface Recipe {
  readonly optimizer: 'sgd' | 'adamw' | 'lars';
  readonly optimizerOptions?: Readonly<Record<string, number | boolean>>;
  readonly learningRate: Schedule;
  readonly weightDecay: number | Schedule;
  readonly clipNorm?: number | ClipNorm;
}

/** What `ssl train --method NAME` imports: the method with its views and its recipe. A package exports its plugins as `methods`. */
export interface MethodPlugin<Options extends object = Record<string, unknown>> {
  readonly specVersion: 'ssl-plugin/1';
  readonly name: string;
  /** One line for `ssl methods`. */
  readonly summary: string;
  /** Every option with its default; the CLI takes flags and configuration keys from here and refuses others. */
  readonly defaults: Readonly<Options>;
  /** Options for small data sets and short runs, with the reason for each number in the source. */
  readonly smallData: Readonly<Partial<Options>>;
  /** `'transformer'`: the method works on patches and takes Vision Transformers alone; `ssl train` chooses one. Left out: any network. */
  readonly network?: 'transformer';
  /** Networks that the method takes from other runs (`--teacher RUN`, `--tokenizer RUN`); others are refused. */
  readonly frozen?: readonly FrozenRole[];
  create(
    context: MethodContext,
    options: Readonly<Options>,
  ): {
    readonly method: SslMethod;
    readonly views: Views;
    readonly recipe: Recipe;
    /** Of the views; evaluation and export use the same. Left out: ImageNet's, and mean .5, deviation .25 for other than 3 channels. */
    readonly normalization?: Normalization;
  };
}
