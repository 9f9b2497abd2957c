import { adamw, disposeTree, sgd, SslError } from '@ssl/core';
import type { LabelledFeatures } from '../features/features.js';
import { classificationReport, type ClassificationReport } from '../metrics/classification-report.js';
import { checkSets } from './check-sets.js';
import { predictHeads } from './predict-heads.js';
import { splitByGroup } from './split-by-group.js';
import { standardiser } from './standardise.js';
import { trainHeads, type Head, type TrainHeadsInput } from './train-heads.js';

export interface ProbeOptions {
  readonly optimizer?: 'sgd' | 'adamw';
  /** Tried all at once; the best on the validation images is kept. {@link probeLearningRates} if left out. */
  readonly learningRates?: readonly number[];
  readonly weightDecay?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  /** Give every feature mean 0 and deviation 1 on the training images first, so that a rate means the same for every network. */
  readonly standardise?: boolean;
  /** Part of the training images on which the rate is chosen, whole groups; they are trained on again afterwards. */
  readonly validationShare?: number;
  /** Number of classes; the highest label + 1 if left out. */
  readonly classCount?: number;
  readonly seed?: number;
}

export const probeDefaults = {
  optimizer: 'sgd',
  weightDecay: 0,
  epochs: 100,
  batchSize: 256,
  standardise: true,
  validationShare: 0.1,
  seed: 0,
} as const satisfies ProbeOptions;

/** Rates that are tried unless others are given, for standardised features and 256 images a batch. */
export const probeLearningRates = {
  sgd: [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
  adamw: [0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03],
} as const satisfies Record<'sgd' | 'adamw', readonly number[]>;

/** Images to learn from and images to be judged by, under one network. */
export interface ProbeSets {
  readonly train: LabelledFeatures;
  readonly test: LabelledFeatures;
  /** Where the rate is chosen; a part of `train` if left out. */
  readonly validation?: LabelledFeatures;
}

export interface ProbeResult extends ClassificationReport {
  readonly predictions: Int32Array;
  /** The rate that was chosen. */
  readonly learningRate: number;
  /** What the choice was made from: every rate with its validation accuracy. None of these numbers is a test result. */
  readonly selection: readonly { readonly learningRate: number; readonly validationAccuracy: number }[];
  /** The chosen rate is the lowest or highest that was tried: try more on that side. */
  readonly atTheEdge: boolean;
}

/** Chooses the rate on validation images, trains on all training images with it, and looks at the test images once. */
export async function probe(head: (inputs: number, classes: number) => Head, sets: ProbeSets, options: ProbeOptions): Promise<ProbeResult> {
  const settings = { ...probeDefaults, ...options };
  const learningRates = options.learningRates ?? probeLearningRates[settings.optimizer];
  checkOptions(settings, learningRates);
  const classCount = checkSets(sets, options.classCount);
  const scale = settings.standardise ? standardiser(sets.train) : <F>(features: F): F => features;
  const [train, test] = [scale(sets.train), scale(sets.test)];
  const { fit, validation } =
    sets.validation === undefined ? choosingSplit(train, settings) : { fit: train, validation: scale(sets.validation) };

  const network = head(train.dimension, classCount);
  const training: Omit<TrainHeadsInput, 'learningRates'> = {
    ...settings,
    head: network,
    optimizer: settings.optimizer === 'sgd' ? sgd({ momentum: 0.9 }) : adamw(),
    classCount,
  };
  const tried = await trainHeads(fit, { ...training, learningRates });
  const answers = await predictHeads(network, tried, validation);
  disposeTree(tried);
  const selection = learningRates.map((learningRate, i) => ({
    learningRate,
    validationAccuracy: classificationReport(validation.labels, answers[i]!, classCount).accuracy,
  }));
  const best = selection.reduce((best, entry, i) => (entry.validationAccuracy > selection[best]!.validationAccuracy ? i : best), 0);
  const learningRate = learningRates[best]!;

  const final = await trainHeads(train, { ...training, learningRates: [learningRate] });
  const [predictions] = await predictHeads(network, final, test);
  disposeTree(final);
  return {
    ...classificationReport(test.labels, predictions!, classCount),
    predictions: predictions!,
    learningRate,
    selection,
    atTheEdge: learningRates.length > 1 && (best === 0 || best === learningRates.length - 1),
  };
}

function choosingSplit(train: LabelledFeatures, { validationShare, seed }: { validationShare: number; seed: number }): { fit: LabelledFeatures; validation: LabelledFeatures } {
  const { train: fit, held } = splitByGroup(train, { share: validationShare, atLeastOne: true, seed });
  return { fit, validation: held };
}

function checkOptions({ epochs, batchSize }: { epochs: number; batchSize: number }, rates: readonly number[]): void {
  if (rates.length === 0 || !rates.every((rate) => rate > 0) || ![epochs, batchSize].every((value) => Number.isInteger(value) && value > 0)) {
    throw new SslError(
      `a probe needs learning rates above 0 and whole epochs and batches of at least 1, got rates [${rates.join(', ')}], ${String(epochs)} epochs, batches of ${String(batchSize)}. Correct these.`,
      { from: '@ssl/eval' },
    );
  }
}
