import { SslError } from '@ssl/core';
import type { ImageBytes } from '../features/features.js';
import type { Neighbours } from '../knn/neighbours.js';
import { pictureSheet } from './picture-sheet.js';
import type { ReportNeighbours } from './report-data.js';

export interface NeighbourGalleryInput {
  /** The bank's images, row for row; the queries are among them (leave-one-out). */
  readonly images: ImageBytes;
  /** Rows whose neighbours are shown. */
  readonly queries: readonly number[];
  /** The same queries under several features: before and after. */
  readonly rankings: readonly { readonly name: string; readonly neighbours: Neighbours }[];
  /** Class of each row, where there are classes; negative = none. */
  readonly labels?: ArrayLike<number>;
  /** Name of each class. */
  readonly classNames?: readonly string[];
  /** Neighbours shown of each query. */
  readonly shown?: number;
  readonly caption?: string;
}

export const neighbourGalleryDefaults = { shown: 6 } as const;

/**
 * The report's section of nearest neighbours as pictures, side by side for each ranking.
 *
 * @throws SslError where a query is outside the images.
 */
export async function neighbourGallery(input: NeighbourGalleryInput): Promise<ReportNeighbours> {
  const { images, queries, rankings, labels, classNames, caption } = input;
  const shown = input.shown ?? neighbourGalleryDefaults.shown;
  const tiles = new Map<number, number>();
  const tileOf = (row: number): number => {
    const tile = tiles.get(row) ?? tiles.size;
    tiles.set(row, tile);
    return tile;
  };
  const named = (row: number): { label: string } | undefined => {
    const label = labels?.[row] ?? -1;
    return label < 0 ? undefined : { label: classNames?.[label] ?? `class ${String(label)}` };
  };
  const entries = queries.map((query) => {
    if (rankings.some(({ neighbours }) => query >= neighbours.count)) {
      throw new SslError(`pictures need queries that were searched, got row ${String(query)}. Choose rows of the evaluated images.`, { from: '@ssl/eval' });
    }
    return {
      tile: tileOf(query),
      ...named(query),
      neighbours: rankings.map(({ neighbours: { indices, similarities, k } }) =>
        Array.from({ length: Math.min(shown, k) }, (_, rank) => ({ row: indices[query * k + rank]!, similarity: similarities[query * k + rank]! }))
          .filter(({ row }) => row >= 0)
          .map(({ row, similarity }) => ({
            tile: tileOf(row),
            similarity,
            ...named(row),
            ...(named(row) && named(query) ? { sameClass: labels?.[row] === labels?.[query] } : {}),
          })),
      ),
    };
  });
  return {
    sheet: await pictureSheet(images, [...tiles.keys()]),
    ...(caption === undefined ? {} : { caption }),
    rankings: rankings.map(({ name }) => name),
    queries: entries,
  };
}
