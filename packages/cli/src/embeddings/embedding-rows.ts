import type { FileHandle } from 'node:fs/promises';
import { imageName, type Dataset } from '@ssl/data';
import type { EmbeddedImages } from '@ssl/eval';

/** What is written of the images: their features as they come, and what is known of each. */
export interface EmbeddingRows {
  /** In the order of the file. */
  readonly parts: AsyncIterable<EmbeddedImages>;
  /** Images at most; fewer come where some are broken. */
  readonly most: number;
  readonly classes?: readonly string[];
  /** Name of an image, relative to its data. */
  readonly nameOf: (index: number) => string;
  /** Its class; -1 for none. */
  readonly labelOf: (index: number) => number;
  /** The class's name, where it has one. */
  readonly classOf: (index: number) => string | undefined;
  /** Numbers that are turned into text or packed at a time. */
  readonly pieceValues: number;
}

/** Writes the rows into a file that is empty, in pieces. */
export type WriteRows = (file: FileHandle, rows: EmbeddingRows, path: string) => Promise<void>;

/** Numbers of one piece unless given: some megabytes of text. */
export const pieceValues = 2 ** 18;

/** What a data set knows of the images whose features come in `parts`. */
export function embeddingRows(parts: AsyncIterable<EmbeddedImages>, dataset: Pick<Dataset, 'size' | 'describe' | 'nameOf' | 'labels' | 'classes'>, piece: number = pieceValues): EmbeddingRows {
  const { classes, labels } = dataset;
  const labelOf = (index: number): number => labels?.[index] ?? -1;
  return {
    parts,
    most: dataset.size,
    ...(classes === undefined ? {} : { classes }),
    nameOf: (index) => imageName(dataset, index),
    labelOf,
    classOf: (index) => classes?.[labelOf(index)],
    pieceValues: piece,
  };
}

/** One image of a part. */
export interface EmbeddedRow {
  /** Position in the data set. */
  readonly index: number;
  readonly features: Float32Array;
}

/** The rows of all parts, so many at a time that their numbers are at most `pieceValues`; at least one. */
export async function* pieces({ parts, pieceValues: most }: EmbeddingRows): AsyncGenerator<{ readonly rows: readonly EmbeddedRow[]; readonly dimension: number }, void> {
  for await (const { values, count, dimension, indices } of parts) {
    const step = Math.max(1, Math.floor(most / dimension));
    for (let start = 0; start < count; start += step) {
      const rows = Array.from({ length: Math.min(step, count - start) }, (_, i) => ({
        index: indices[start + i]!,
        features: values.subarray((start + i) * dimension, (start + i + 1) * dimension),
      }));
      yield { rows, dimension };
    }
  }
}

/** Nine digits bring every float32 back as it was. */
export function shortest(value: number): string {
  return value.toPrecision(9);
}
