import { childSeed, cloneTree, disposeTree, isVisionTransformer, SslError, treeDifference, treeToMap, type Backbone, type TensorRecord, type Variables, type Views } from '@ssl/core';
import type { ImageSet } from '../embed/image-set.js';
import { takeImages } from '../embed/take-images.js';
import { checkLabels } from '../features/check-labels.js';
import { classificationReport, type ClassificationReport } from '../metrics/classification-report.js';
import { splitRowsByGroup } from '../probes/split-by-group.js';
import { imageClassifier } from './classify-images.js';
import { fineTuneNetwork, headName } from './fine-tune-network.js';
import { fineTuneDefaults, fineTuneSettings, type FineTuneOptions, type FineTuneSettings } from './fine-tune-options.js';
import { fineTuneOptimizer, fineTuneStep, type FineTuneState } from './fine-tune-step.js';
import { layerRates } from './layer-rates.js';
import { trainClassifier } from './train-classifier.js';

export interface FineTuneInput {
  readonly backbone: Backbone;
  /** Pretrained weights, {@link TrainedBackbone} of a method; stay the caller's. Left out: from scratch, with fresh weights of the seed. */
  readonly variables?: Variables;
  /** Labelled images to learn from. */
  readonly train: ImageSet;
  /** Labelled images to be judged by. */
  readonly test: ImageSet;
  /** Group of each image by its position in the dataset: a rate is chosen on other groups than it is trained on. */
  readonly groups?: ArrayLike<number>;
  /**
   * One augmented view of each training image, normalised. Where it returns `extras.targets`, float32 `[batch, classes]`, these are the
   * labels: for Mixup and CutMix, `withMixing` of `@ssl/augment`. Left out: the images as they are.
   */
  readonly views?: Views;
  /** The view of a test image: `evalViews(...)`. Left out: the images as they are. */
  readonly testViews?: Views;
  readonly onProgress?: (step: number, steps: number) => void;
}

export interface FineTuneResult extends ClassificationReport {
  readonly predictions: Int32Array;
  /** The rate that was used, for 256 images a batch. */
  readonly learningRate: number;
  /** What the choice was made from; empty where one rate was given. None of these numbers is a test result. */
  readonly selection: readonly { readonly learningRate: number; readonly validationAccuracy: number }[];
  readonly steps: number;
  /** Mean training loss of each epoch. */
  readonly losses: readonly number[];
}

/**
 * Full fine-tuning: backbone and a linear layer learn together on labelled images, by AdamW with layer-wise decay, warm-up and cosine,
 * label smoothing and, where asked for, Mixup, CutMix (in the views) and drop path. Without weights it is the baseline from scratch.
 *
 * The test images are looked at once, by the last step's weights. The same seed gives the same result.
 *
 * @throws SslError for images without classes, options out of range, or a loss that is not finite.
 * @example
 * const { backbone, variables } = method.trainedBackbone({ params, aux });
 * const tuned = await fineTune({ backbone, variables, train, test, views, testViews });
 * const scratch = await fineTune({ backbone, train, test, views, testViews });
 * console.log(tuned.accuracy, scratch.accuracy);
 * @see He et al. 2022 (MAE), appendix A.1; Bao et al. 2022 (BEiT), section 3.2.
 */
export async function fineTune(input: FineTuneInput, options: FineTuneOptions = {}): Promise<FineTuneResult> {
  const { backbone, train, test, groups } = input;
  const settings = fineTuneSettings(options);
  const classCount = checkLabels([labelsOf(train), labelsOf(test)], settings.classCount);
  const network = fineTuneNetwork(backbone, classCount, settings.stochasticDepth);
  const start = startOf(input, network.init(childSeed(settings.seed, 'fine-tuning')));
  const decay = options.layerDecay ?? (input.variables !== undefined && isVisionTransformer(backbone) ? fineTuneDefaults.layerDecay : 1);
  const backboneParams = Object.fromEntries(Object.entries(start.params).filter(([name]) => name !== headName));
  const step = fineTuneStep({ ...settings, network, params: start.params, rates: layerRates(backbone, backboneParams, decay), classCount, views: input.views });
  const classifier = imageClassifier({ network, views: input.testViews, precision: settings.precision });
  const run = async (images: ImageSet, learningRate: number, judged: ImageSet) => {
    const state: FineTuneState = { params: cloneTree(start.params), buffers: cloneTree(start.buffers), optimizer: fineTuneOptimizer.init(treeToMap(start.params)) };
    const trained = await trainClassifier({ step, state, images, learningRate, settings, ...(input.onProgress === undefined ? {} : { onProgress: input.onProgress }) });
    try {
      return { ...trained, predictions: await classifier.classify(trained.state, judged) };
    } finally {
      disposeTree(trained.state);
    }
  };
  try {
    const selection = settings.learningRates.length === 1 ? [] : await select(run, train, groups, settings, classCount);
    const learningRate = best(selection) ?? settings.learningRates[0]!;
    const { predictions, steps, losses } = await run(train, learningRate, test);
    return { ...classificationReport(test.labels!, predictions, classCount), predictions, learningRate, selection, steps, losses };
  } finally {
    step.dispose();
    classifier.dispose();
    disposeTree(start);
  }
}

/** The rate with the highest validation accuracy, the first of equal ones. */
function best(selection: FineTuneResult['selection']): number | undefined {
  const most = Math.max(...selection.map(({ validationAccuracy }) => validationAccuracy));
  return selection.find(({ validationAccuracy }) => validationAccuracy === most)?.learningRate;
}

type Run = (images: ImageSet, learningRate: number, judged: ImageSet) => Promise<{ readonly predictions: Int32Array }>;

/** Accuracy of every rate on a part of the training images that shares no group with the rest. */
async function select(run: Run, train: ImageSet, groups: ArrayLike<number> | undefined, settings: FineTuneSettings, classCount: number): Promise<FineTuneResult['selection']> {
  const { validationShare: share, seed, learningRates } = settings;
  const { trainRows, heldRows } = splitRowsByGroup(
    { ...labelsOf(train), ...(groups === undefined ? {} : { groups: train.indices.map((index) => groups[index] ?? -1) }) },
    { share, atLeastOne: true, seed },
  );
  const [fit, validation] = [takeImages(train, trainRows), takeImages(train, heldRows)];
  const selection: { learningRate: number; validationAccuracy: number }[] = [];
  for (const learningRate of learningRates) {
    const { predictions } = await run(fit, learningRate, validation);
    selection.push({ learningRate, validationAccuracy: classificationReport(validation.labels!, predictions, classCount).accuracy });
  }
  return selection;
}

function labelsOf({ labels, shape }: ImageSet): { labels: Int32Array; count: number } {
  if (labels !== undefined) return { labels, count: shape[0] };
  throw new SslError('fine-tuning needs images with classes, and these have none. Sort images into one folder for each class.', { from: '@ssl/eval' });
}

/** Fresh variables, with the pretrained ones in the backbone's places; all belong to the caller. */
function startOf({ variables, backbone }: FineTuneInput, fresh: Variables): Variables {
  if (variables === undefined) return fresh;
  const { [headName]: head, ...rest } = fresh.params;
  const difference = [...treeDifference(variables.params, rest as TensorRecord), ...treeDifference(variables.buffers, fresh.buffers)];
  disposeTree([rest as TensorRecord, fresh.buffers]);
  if (difference.length > 0) {
    disposeTree(head!);
    throw new SslError(`fine-tuning needs the weights of ${backbone.name}, got others: ${difference.slice(0, 3).join('; ')}. Give the backbone that they were trained in.`, { from: '@ssl/eval' });
  }
  return { params: { ...cloneTree(variables.params), [headName]: head! }, buffers: cloneTree(variables.buffers) };
}
