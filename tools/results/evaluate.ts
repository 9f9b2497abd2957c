import { evalViews } from '@ssl/augment';
import type { SslMethod, TensorRecord } from '@ssl/core';
import { embedDataset, imageBatches, knn, knnMajority, linearProbe, splitByGroup, type Features, type ImageSet, type LabelledFeatures } from '@ssl/eval';
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

function labelled({ dataset }: TableData, images: ImageSet, features: Features): LabelledFeatures {
  const { groups } = dataset;
  return {
    ...features,
    labels: images.labels!,
    ...(groups === undefined ? {} : { groups: images.indices.map((index) => groups[index] ?? -1) }),
  };
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
