import { disposeTree } from '@ssl/core';
import {
  chooseQueries,
  embeddingSpread,
  knnMajority,
  neighbourGallery,
  neighboursOfDistinct,
  rankMe,
  type EmbeddedImages,
  type ImageSet,
  type Neighbours,
  type ReportNeighbours,
  type ReportPictures,
  type ReportViews,
} from '@ssl/eval';
import { visible } from '../progress/visible.js';
import type { BuiltRun } from '../run/build-run.js';
import { importedStart } from '../run/imported-start.js';
import { compareFeatures, type Comparison } from './compare-features.js';
import { embedImages, type RunWeights } from './embed-images.js';
import { knnVotes, type KnnVotes } from './knn-votes.js';
import type { EvaluationImages } from './load-images.js';
import { runPictures } from './run-pictures.js';
import type { PictureImages } from './run-pictures-images.js';
import { viewPictures } from './view-pictures.js';

/** What the evaluation of a run found. */
export interface RunEvaluation {
  /** Images that were looked at. */
  readonly count: number;
  readonly sampled: boolean;
  /** Where nearest neighbours can be judged by classes. */
  readonly comparison?: Comparison;
  /** Why there is none. */
  readonly unjudged?: string;
  /** Of the trained network's features: 0 is collapse, 1 an even spread. */
  readonly spread: number;
  /** Directions that the features use, of so many. */
  readonly rankMe: number;
  readonly dimension: number;
  readonly neighbours: ReportNeighbours;
  readonly views: ReportViews;
  readonly pictures: readonly ReportPictures[];
  readonly warnings: readonly string[];
}

const queriesShown = 12;
const viewsShown = 8;

/**
 * Evaluates trained weights: against the baselines and the untrained network where there are classes, by pictures always.
 *
 * @param pictured - What the network's own pictures are made of; left out: there are none.
 * @param looked - File of the weights: where it is the one that the run started from, that start is not compared.
 */
export async function evaluateRun(run: BuiltRun, weights: RunWeights, { images, dataset, broken, sampled }: EvaluationImages, pictured?: PictureImages, looked?: string): Promise<RunEvaluation> {
  const count = images.shape[0];
  const trained = await embedImages(run, weights, images, dataset.groups);
  const groups = dataset.groups === undefined ? undefined : images.indices.map((index) => dataset.groups![index] ?? -1);
  const votes = knnVotes(images.labels, groups);
  const compared = 'unjudged' in votes ? undefined : await compare(run, images, trained, { groups, votes, looked });
  const comparison = compared?.rows.length === 0 ? undefined : compared;
  const unjudged = 'unjudged' in votes ? votes.unjudged : comparison === undefined ? 'Nearest neighbours cannot be judged: no features tell these images apart.' : undefined;
  const { seed } = run.description;
  const rankings = await rankingsOf(comparison, trained, count);
  const queries = chooseQueries({ count, queries: queriesShown, seed, ...(images.labels === undefined ? {} : { labels: images.labels }) });
  const shown = chooseQueries({ count, queries: viewsShown, seed: seed + 1 });
  const nameOf = (row: number): string => dataset.describe(images.indices[row] ?? 0);
  return {
    count,
    sampled,
    ...(comparison === undefined ? {} : { comparison }),
    ...(unjudged === undefined ? {} : { unjudged }),
    spread: embeddingSpread(trained),
    rankMe: rankMe(trained),
    dimension: trained.dimension,
    neighbours: await neighbourGallery({
      images,
      queries,
      rankings,
      shown: knnMajority.k,
      ...(images.labels === undefined ? {} : { labels: images.labels }),
      ...(dataset.classes === undefined ? {} : { classNames: dataset.classes }),
      caption: `Images drawn at random, one of each class in turn.${dataset.groups === undefined ? '' : ' The same thing in another drawing is not counted as a neighbour.'}`,
    }),
    views: await viewPictures(run, images, shown, shown.map(nameOf)),
    pictures: pictured === undefined ? [] : await runPictures(run, weights, pictured),
    warnings: [
      ...(compared?.problems ?? []),
      ...(broken.count === 0 ? [] : [`${String(broken.count)} images could not be read, the first: ${broken.listed.slice(0, 5).map(({ name, reason }) => visible(`${name} (${reason})`)).join('; ')}`]),
    ],
  };
}

interface CompareOptions {
  /** Of each row. */
  readonly groups: Int32Array | undefined;
  readonly votes: KnnVotes;
  readonly looked: string | undefined;
}

async function compare(run: BuiltRun, images: ImageSet, trained: EmbeddedImages, { groups, votes, looked }: CompareOptions): Promise<Comparison> {
  const random = run.method.init(run.description.seed);
  const start = await importedStart(run, looked);
  try {
    const untrained = await embedImages(run, random, images);
    const imported = start === undefined || 'problem' in start ? undefined : { key: 'start' as const, name: `Before training: ${start.name}`, features: await embedImages(run, start.weights, images) };
    const comparison = await compareFeatures(
      images,
      [
        { key: 'untrained', name: 'Same network, untrained', features: untrained },
        ...(imported === undefined ? [] : [imported]),
        { key: 'trained', name: `Trained with ${run.plugin.name}`, features: trained },
      ],
      groups,
      votes,
    );
    return start !== undefined && 'problem' in start ? { ...comparison, problems: [...comparison.problems, start.problem] } : comparison;
  } finally {
    if (start !== undefined && 'dispose' in start) start.dispose();
    disposeTree([random.params, random.aux]);
  }
}

/** Neighbours for the pictures: those that the comparison found, where it looked at every image. */
async function rankingsOf(comparison: Comparison | undefined, trained: EmbeddedImages, count: number): Promise<{ name: string; neighbours: Neighbours }[]> {
  if (comparison?.labelled.length === count) {
    return comparison.rows.filter(({ key }) => key === 'rawPixels' || key === 'trained').map(({ name, neighbours }) => ({ name, neighbours }));
  }
  return [{ name: 'Trained', neighbours: await neighboursOfDistinct(trained, { k: Math.max(1, Math.min(knnMajority.k, count - 1)), centre: true }) }];
}
