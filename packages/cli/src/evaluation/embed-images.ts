import { evalViews } from '@ssl/augment';
import type { TensorRecord, Views } from '@ssl/core';
import { embedDataset, imageBatches, type EmbeddedImages, type ImageSet } from '@ssl/eval';
import { evaluatedShare } from '@ssl/weights';
import type { BuiltRun } from '../run/build-run.js';

const batchSize = 256;

/** The weights of a run. */
export interface RunWeights {
  readonly params: TensorRecord;
  readonly aux: TensorRecord;
}

/** Feature vectors of images in memory. Batches are all of one size, so that the network is compiled once or twice. */
export function embedImages(run: BuiltRun, weights: RunWeights, images: ImageSet, groups?: ArrayLike<number>): Promise<EmbeddedImages> {
  return embedDataset({
    ...embeddingOf(run, weights),
    batches: imageBatches(images, batchSize),
    ...(groups === undefined ? {} : { groups }),
  });
}

/** How a run's network is asked for features: `embed`, `state` and `views` of `embedDataset`. */
export function embeddingOf(run: BuiltRun, { params, aux }: RunWeights) {
  const { method } = run;
  return {
    embed: ({ params: p, aux: a, images }: { params: TensorRecord; aux: TensorRecord; images: Parameters<typeof method.embed>[0]['images'] }) =>
      method.embed({ params: p, aux: a, images }),
    state: { params, aux },
    views: evaluationViews(run),
  };
}

/** The one view that evaluation sees, normalised as in training. */
export function evaluationViews({ description: { imageSize }, normalization }: Pick<BuiltRun, 'description' | 'normalization'>): Views {
  return evalViews({ size: imageSize, share: evaluatedShare(imageSize), normalization });
}
