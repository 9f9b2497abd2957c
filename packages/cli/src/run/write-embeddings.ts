import { extname } from 'node:path';
import { writeFileAtomically } from '@ssl/core';
import type { Dataset } from '@ssl/data';
import type { EmbeddedImages } from '@ssl/eval';
import { csvEmbeddings } from '../embeddings/csv-embeddings.js';
import { embeddingRows, type WriteRows } from '../embeddings/embedding-rows.js';
import { jsonlEmbeddings } from '../embeddings/jsonl-embeddings.js';
import { npyEmbeddings } from '../embeddings/npy-embeddings.js';
import { parquetEmbeddings } from '../embeddings/parquet-embeddings.js';
import { safetensorsEmbeddings } from '../embeddings/safetensors-embeddings.js';

const formats = {
  '.safetensors': safetensorsEmbeddings,
  '.npy': npyEmbeddings,
  '.parquet': parquetEmbeddings,
  '.csv': csvEmbeddings,
  '.jsonl': jsonlEmbeddings,
} as const satisfies Record<string, WriteRows>;

export type EmbeddingFormat = keyof typeof formats;

/** Files that embeddings can be written into, by extension. */
export const embeddingFormats = Object.keys(formats) as readonly EmbeddingFormat[];

/** The format that a file's ending names. */
export function embeddingFormatOf(path: string): EmbeddingFormat | undefined {
  return embeddingFormats.find((known) => known === extname(path).toLowerCase());
}

export interface WriteEmbeddingsOptions {
  /** Numbers that are turned into text or packed at a time. */
  readonly pieceValues?: number;
}

/**
 * Writes feature vectors with the name and class of each image, part by part as they come: what is in memory is one part. The file
 * appears under its name when it is whole.
 *
 * @param embedded What `embedBatches` yields, or all of it.
 * @throws SslError where the file cannot be written; what `embedded` throws is passed on.
 */
export async function writeEmbeddings(
  path: string,
  format: EmbeddingFormat,
  embedded: AsyncIterable<EmbeddedImages> | EmbeddedImages,
  dataset: Dataset,
  { pieceValues }: WriteEmbeddingsOptions = {},
): Promise<void> {
  const parts = Symbol.asyncIterator in embedded ? embedded : once(embedded);
  await writeFileAtomically(path, (file) => formats[format](file, embeddingRows(parts, dataset, pieceValues), path));
}

// eslint-disable-next-line @typescript-eslint/require-await -- one part as a stream
async function* once<T>(part: T): AsyncGenerator<T, void> {
  yield part;
}
