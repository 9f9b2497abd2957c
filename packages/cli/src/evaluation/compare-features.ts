import { isSslError } from '@ssl/core';
import {
  classificationReport,
  colourHistogram,
  hog,
  knnDefaults,
  knnMajority,
  labelledRows,
  neighboursOfDistinct,
  rawPixels,
  vote,
  type ClassificationReport,
  type EmbeddedImages,
  type Features,
  type ImageSet,
  type LabelledFeatures,
  type Neighbours,
  type VoteOptions,
} from '@ssl/eval';
import type { KnnVotes } from './knn-votes.js';

/** The representations that are compared, in the order of the table. */
export type RepresentationKey = 'rawPixels' | 'colourHistogram' | 'hog' | 'untrained' | 'start' | 'trained';

export interface Representation {
  readonly key: RepresentationKey;
  readonly name: string;
  readonly features: Features;
}

/** One row of the table. */
export interface ComparedRow {
  readonly key: RepresentationKey;
  readonly name: string;
  /** k = 5, equal votes, centred cosine, leave-one-out, groups excluded. */
  readonly majority: ClassificationReport;
  /** The same with 20 neighbours whose votes are weighted as in DINO's protocol. */
  readonly weighted: ClassificationReport;
  /** Of each labelled image. */
  readonly neighbours: Neighbours;
}

export interface Comparison extends KnnVotes {
  readonly protocol: string;
  readonly rows: readonly ComparedRow[];
  /** Features that could not be compared, or not on all images, with the reason. */
  readonly problems: readonly string[];
  /** Rows of the image set that have a class, in the order of the kNN's queries. */
  readonly labelled: Int32Array;
}

/** The features that need no training: what a network must beat. */
export function baselines(images: ImageSet): readonly { readonly key: RepresentationKey; readonly name: string; readonly features: () => Features }[] {
  return [
    { key: 'rawPixels', name: 'Raw pixels', features: () => rawPixels(images) },
    ...(images.shape[3] === 3 ? [{ key: 'colourHistogram' as const, name: 'Colour histogram', features: () => colourHistogram(images) }] : []),
    { key: 'hog', name: 'HOG', features: () => hog(images) },
  ];
}

/**
 * Classifies every labelled image by its nearest neighbours, under each representation.
 *
 * @param images With labels.
 * @param networks Features of the networks, row for row as the images.
 * @param groups Of each row: members of one group are not each other's neighbours.
 * @param votes From `knnVotes`.
 */
export async function compareFeatures(
  images: ImageSet,
  networks: readonly (Omit<Representation, 'features'> & { readonly features: EmbeddedImages })[],
  groups: Int32Array | undefined,
  { k, ceiling }: KnnVotes,
): Promise<Comparison> {
  const rows: ComparedRow[] = [];
  const problems: string[] = [];
  let labelled: Int32Array = new Int32Array(0);
  const candidates = [...baselines(images), ...networks.map((network) => ({ ...network, features: (): Features => network.features }))];
  for (const { key, name, features } of candidates) {
    try {
      const { labels } = images;
      const bank = labelledRows({ ...features(), ...(labels === undefined ? {} : { labels }), ...(groups === undefined ? {} : { groups }) });
      labelled = bank.rows;
      const { passedOver, ...figures } = await classify(bank, k);
      if (passedOver === bank.count) {
        problems.push(`${name}: all images are the same to it, so it has no neighbours.`);
        continue;
      }
      if (passedOver > 0) problems.push(`${name}: ${String(passedOver)} of ${String(bank.count)} images say nothing to it (they equal the mean); they count as not recognised.`);
      rows.push({ key, name, ...figures });
    } catch (error) {
      if (!isSslError(error)) throw error;
      problems.push(`${name}: ${error.message}`);
    }
  }
  const excluded = groups === undefined ? '' : ', images of the same thing excluded';
  return { protocol: `nearest neighbours of each image among all others (k = ${String(k)}, centred cosine${excluded})`, rows, k, ceiling, problems, labelled };
}

/** One search for both ways to vote: most of the time goes into the search. */
async function classify(bank: LabelledFeatures, k: number): Promise<Pick<ComparedRow, 'majority' | 'weighted' | 'neighbours'> & { readonly passedOver: number }> {
  const others = bank.count - 1;
  const { passedOver, ...neighbours } = await neighboursOfDistinct(bank, { k: Math.min(knnDefaults.k, others), centre: true });
  const classCount = bank.labels.reduce((highest, label) => Math.max(highest, label + 1), 0);
  const report = (options: VoteOptions): ClassificationReport => classificationReport(bank.labels, vote(neighbours, bank.labels, options).predictions, classCount);
  const { weighting, temperature } = knnDefaults;
  return {
    majority: report({ k, weighting: knnMajority.weighting }),
    weighted: report({ k: Math.min(knnDefaults.k, others), weighting, temperature }),
    neighbours,
    passedOver,
  };
}
