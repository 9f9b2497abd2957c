import { SslError } from '@ssl/core';
import { checkLabels } from '../features/check-labels.js';
import type { LabelledFeatures } from '../features/features.js';
import { classificationReport, type ClassificationReport } from '../metrics/classification-report.js';
import { nearestNeighbours, nearestNeighboursDefaults, type NearestNeighboursOptions } from './nearest-neighbours.js';
import type { Neighbours } from './neighbours.js';
import { rankedClasses, vote, voteDefaults, type VoteOptions } from './vote.js';

export interface KnnOptions extends Omit<NearestNeighboursOptions, 'k' | 'queries'>, VoteOptions {
  /** Neighbours that vote. Where the bank has fewer, all of them. */
  readonly k?: number;
  /** Test images. Left out: leave-one-out over the bank. */
  readonly queries?: LabelledFeatures;
  /** Number of classes; the highest label + 1 if left out. */
  readonly classCount?: number;
}

/** DINO's protocol with k = 20. */
export const knnDefaults = { ...nearestNeighboursDefaults, ...voteDefaults, k: 20 } as const satisfies KnnOptions;

/** Five equal votes over centred features: the protocol of this project's emoji figures. */
export const knnMajority = { k: 5, weighting: 'uniform', centre: true } as const satisfies KnnOptions;

export interface KnnResult extends ClassificationReport {
  /** Part of the queries whose class is among the five with most votes. */
  readonly top5Accuracy: number;
  /** Queries that had no neighbour at all; they count as wrong. */
  readonly unanswered: number;
  /** Predicted class of each query; -1 = unanswered. */
  readonly predictions: Int32Array;
  /** For pictures: who the neighbours were. */
  readonly neighbours: Neighbours;
}

/**
 * k-nearest-neighbour classification of frozen features, leave-one-out or from a bank to test images.
 *
 * `class(q) = argmax_c sum over the k nearest b of class c of exp(cos(q, b) / T)`.
 *
 * @param bank Features with labels; with groups, members of a query's group never vote.
 * @returns Accuracy, macro accuracy (mean recall over classes), per-class results, confusion matrix, predictions, neighbours.
 * @throws SslError for rows without direction or with NaN (named), and for labels outside `0..classCount - 1`.
 * @example
 * const bank = { values: Float32Array.of(1, 0, 0.9, 0.1, 0, 1, 0.1, 0.9), count: 4, dimension: 2, labels: Int32Array.of(0, 0, 1, 1) };
 * (await knn(bank, { k: 1 })).accuracy; // 1
 * @see Wu et al. 2018, section 3.4; Caron et al. 2021 (DINO), appendix F.
 */
export async function knn(bank: LabelledFeatures, options: KnnOptions = {}): Promise<KnnResult> {
  const settings = { ...knnDefaults, ...options };
  const queries = options.queries ?? bank;
  const classCount = checkLabels([bank, queries], options.classCount);
  const k = Math.min(settings.k, bank.count);
  if (options.queries === undefined && bank.count < 2) {
    throw new SslError('leave-one-out needs at least two images, got one. Give more images, or test images as `queries`.', { from: '@ssl/eval' });
  }
  const neighbours = await nearestNeighbours(bank, { ...settings, k });
  const { predictions, ranked } = vote(neighbours, bank.labels, { weighting: settings.weighting, temperature: settings.temperature });
  let amongFive = 0;
  queries.labels.forEach((label, query) => {
    if (ranked.subarray(query * rankedClasses, (query + 1) * rankedClasses).includes(label)) amongFive++;
  });
  return {
    ...classificationReport(queries.labels, predictions, classCount),
    top5Accuracy: amongFive / queries.count,
    unanswered: predictions.reduce((sum, prediction) => sum + (prediction < 0 ? 1 : 0), 0),
    predictions,
    neighbours,
  };
}
