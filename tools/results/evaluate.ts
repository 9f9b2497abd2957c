import { composeViews, defaultNormalization, evalViews, normalize, randomResizedCrop } from '@ssl/augment';
import type { SslMethod, TensorRecord } from '@ssl/core';
import {
  embedDataset,
  fineTune,
  imageBatches,
  knn,
  knnMajority,
  linearProbe,
  splitByGroup,
  splitRowsByGroup,
  takeImages,
  type Features,
  type ImageSet,
  type LabelledFeatures,
} from '@ssl/eval';
import type { TableData } from './data-sets.js';
import { protocol } from './small-network.js';

/** Accuracies from 0 to 1. */
export interface Scores {
  readonly knn: number;
  readonly macro: number;
  readonly linear: number;
}

/** Features of the training images, and of the test images where the set has some. */
export interface SetFeatures {
  readonly train: Features;
  readonly test?: Features;
}

/**
 * The protocols of the table. Emoji: 5 nearest neighbours, leave-one-out, centred cosine, drawings of the same thing excluded; a linear
 * layer that learns on four fifths of the things and is judged on the rest. Fashion-MNIST: training images against test images.
 */
export async function score(data: TableData, features: SetFeatures): Promise<Scores> {
  const bank = labelled(data, data.images, features.train);
  if (data.test === undefined || features.test === undefined) {
    const { accuracy, macroAccuracy } = await knn(bank, knnMajority);
    const { train, held } = splitByGroup(bank, { share: protocol.heldShare, seed: 0 });
    const linear = await linearProbe({ train, test: held }, { epochs: 50 });
    return { knn: accuracy, macro: macroAccuracy, linear: linear.accuracy };
  }
  const queries = labelled(data, data.test, features.test);
  const { accuracy, macroAccuracy } = await knn(bank, { ...knnMajority, queries });
  const linear = await linearProbe({ train: bank, test: queries }, { epochs: 10 });
  return { knn: accuracy, macro: macroAccuracy, linear: linear.accuracy };
}

function labelled(data: TableData, images: ImageSet, features: Features): LabelledFeatures {
  return { ...features, labels: images.labels!, ...groupsOf(data, images) };
}

function groupsOf({ dataset: { groups } }: TableData, images: ImageSet): { groups?: Int32Array } {
  return groups === undefined ? {} : { groups: images.indices.map((index) => groups[index] ?? -1) };
}

/**
 * Accuracy of the fine-tuned network, from 0 to 1, beside the same network trained from scratch with the same labels and steps. Learns from the
 * images that the linear layer learns from, and is judged by the same others.
 */
export async function fineTuned(data: TableData, method: SslMethod, state: { params: TensorRecord; aux: TensorRecord }, seed: number): Promise<{ fineTuned: number; fromScratch: number }> {
  const { images, test, size, channels } = data;
  const { backbone, variables } = method.trainedBackbone!(state);
  const sets = test === undefined ? splitImages(data) : { train: images, test };
  const common = {
    backbone,
    ...sets,
    views: composeViews([[randomResizedCrop({ size, scale: [0.35, 1], flip: 0.5 }), normalize(defaultNormalization(channels))]]),
    testViews: evalViews({ size, share: 1 }),
  };
  const options = { seed, epochs: Math.ceil(protocol.fineTuningViews / sets.train.shape[0]) };
  const tuned = await fineTune({ ...common, variables }, options);
  const scratch = await fineTune(common, options);
  return { fineTuned: tuned.accuracy, fromScratch: scratch.accuracy };
}

function splitImages(data: TableData): { train: ImageSet; test: ImageSet } {
  const { images } = data;
  const { trainRows, heldRows } = splitRowsByGroup({ labels: images.labels!, count: images.shape[0], ...groupsOf(data, images) }, { share: protocol.heldShare, seed: 0 });
  return { train: takeImages(images, trainRows), test: takeImages(images, heldRows) };
}

/** What a method's network says of every image. */
export async function embedSet(data: TableData, method: SslMethod, state: { params: TensorRecord; aux: TensorRecord }): Promise<SetFeatures> {
  const run = (images: ImageSet) =>
    embedDataset({
      embed: (input: { params: TensorRecord; aux: TensorRecord; images: Parameters<SslMethod['embed']>[0]['images'] }) => method.embed(input),
      state,
      views: evalViews({ size: data.size, share: 1 }),
      batches: imageBatches(images, protocol.evaluationBatch),
    });
  const train = await run(data.images);
  return data.test === undefined ? { train } : { train, test: await run(data.test) };
}
