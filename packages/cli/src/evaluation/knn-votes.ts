import { knnCeiling, knnMajority, type KnnCeiling } from '@ssl/eval';

/** How nearest neighbours vote on a set. */
export interface KnnVotes {
  /** Neighbours that vote: five, or fewer of very few images. */
  readonly k: number;
  /** What so many votes can reach on these classes whatever the features, and what the largest class alone gives. */
  readonly ceiling: KnnCeiling;
}

/**
 * How many neighbours vote: five, or the most with which any image can be recognised (of two classes of three images five votes are always wrong).
 *
 * @param labels Class of each image, -1 for none.
 * @param groups Of each image.
 * @returns The votes, or, where no features could get any image right, why.
 */
export function knnVotes(labels: Int32Array | undefined, groups: Int32Array | undefined): KnnVotes | { readonly unjudged: string } {
  const rows = Int32Array.from(labels?.keys() ?? []).filter((row) => labels![row]! >= 0);
  const labelled = { labels: rows.map((row) => labels![row]!), count: rows.length, ...(groups === undefined ? {} : { groups: rows.map((row) => groups[row]!) }) };
  const classes = new Set(labelled.labels).size;
  if (classes === 0) return { unjudged: 'The images have no classes (one folder for each class), so there is nothing to classify.' };
  if (classes === 1) return { unjudged: 'All images are of one class, so there is nothing to classify. Add a folder with images of another one.' };
  for (let k = Math.min(knnMajority.k, rows.length - 1); k > 0; k--) {
    const ceiling = knnCeiling(labelled, k);
    if (ceiling.hopeless < ceiling.count) return { k, ceiling };
  }
  return {
    unjudged:
      `Nearest neighbours cannot be judged: of ${String(rows.length)} images in ${String(classes)} classes none has another image of its class${groups === undefined ? '' : ' outside its own group'}. ` +
      'A class needs two images at least.',
  };
}
