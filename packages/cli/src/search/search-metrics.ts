import { simclrViews } from '@ssl/augment';
import type { Dataset } from '@ssl/data';
import { alignment, embedDataset, imageBatches, knn, knnMajority, labelledRows, rankMe, uniformity, type EmbeddedImages, type ImageSet } from '@ssl/eval';
import { embedImages, embeddingOf, type RunWeights } from '../evaluation/embed-images.js';
import { loadImages } from '../evaluation/load-images.js';
import { sampleDataset } from '../evaluation/sample-dataset.js';
import type { BuiltRun } from '../run/build-run.js';

/** How a search compares its networks: on images that none of them was trained with. */
export const searchMetrics = {
  knn: 'part of the held-out images whose class their five nearest training images tell',
  alignment: 'without labels: how near two fixed SimCLR views of one held-out image lie, and how evenly all lie (Wang and Isola 2020)',
  'rank-me': 'without labels: directions that the features of held-out images use (Garrido et al. 2023)',
} as const;

export type SearchMetric = keyof typeof searchMetrics;

/** Scores weights; higher is better. */
export type ScoreWeights = (run: BuiltRun, weights: RunWeights) => Promise<number>;

const mostImages = 2000;

/** Reads the images of a metric once, and gives what scores weights with them. */
export async function searchScore(metric: SearchMetric, { training, heldOut }: { readonly training: Dataset; readonly heldOut: Dataset }, run: BuiltRun): Promise<ScoreWeights> {
  const { images } = await loadImages(sampleDataset(heldOut, mostImages), run.description);
  if (metric === 'rank-me') return async (built, weights) => rankMe(await embedImages(built, weights, images));
  if (metric === 'alignment') return (built, weights) => alignmentAndUniformity(built, weights, images);
  const { images: bank } = await loadImages(sampleDataset(training, 4 * mostImages), run.description);
  return async (built, weights) => {
    const queries = labelledRows(await embedImages(built, weights, images));
    return (await knn(labelledRows(await embedImages(built, weights, bank)), { ...knnMajority, queries })).accuracy;
  };
}

/** Lower is better of both; the views are the same for every network, so that no policy can make them easier. */
async function alignmentAndUniformity(run: BuiltRun, weights: RunWeights, images: ImageSet): Promise<number> {
  const { imageSize, channels } = run.description;
  const views = simclrViews({ size: imageSize, channels });
  const embedView = (place: number): Promise<EmbeddedImages> =>
    embedDataset({
      ...embeddingOf(run, weights),
      batches: imageBatches(images, 256),
      views: (input) => ({ views: views(input).views.slice(place, place + 1) }),
    });
  const [first, second] = [await embedView(0), await embedView(1)];
  return -(alignment(first, second) + (await uniformity(first)));
}
