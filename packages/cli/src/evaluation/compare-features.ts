import { isSslError } from '@ssl/core';
import { colourHistogram, hog, knn, knnMajority, labelledRows, rawPixels, type EmbeddedImages, type Features, type ImageSet, type KnnResult } from '@ssl/eval';

/** The representations that are compared, in the order of the table. */
export type RepresentationKey = 'rawPixels' | 'colourHistogram' | 'hog' | 'untrained' | 'trained';

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
  readonly majority: KnnResult;
  /** DINO's protocol: k = 20, weighted votes. */
  readonly weighted: KnnResult;
}

export interface Comparison {
  readonly protocol: string;
  readonly rows: readonly ComparedRow[];
  /** Features that could not be compared, with the reason. */
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
 */
export async function compareFeatures(
  images: ImageSet,
  networks: readonly (Omit<Representation, 'features'> & { readonly features: EmbeddedImages })[],
  groups: Int32Array | undefined,
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
      rows.push({ key, name, majority: await knn(bank, knnMajority), weighted: await knn(bank) });
    } catch (error) {
      if (!isSslError(error)) throw error;
      problems.push(`${name}: ${error.message}`);
    }
  }
  const excluded = groups === undefined ? '' : ', images of the same thing excluded';
  return { protocol: `nearest neighbours of each image among all others (k = 5, centred cosine${excluded})`, rows, problems, labelled };
}
