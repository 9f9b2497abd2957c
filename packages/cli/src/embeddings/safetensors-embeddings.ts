import { encodeSafetensorsHeader, type StoredTensorEntry } from '@ssl/core';
import type { EmbeddingRows, WriteRows } from './embedding-rows.js';
import { bytesOf, writeAt } from './file-bytes.js';

/** Names that are put into bytes at a time. */
const namesAtOnce = 4096;

/**
 * Tensors `features` F32 `[images, dimension]`, `indices` and, with classes, `labels` I32 `[images]`, `name_lengths` I32 `[images]` and `names` U8:
 * the UTF-8 bytes of all names one after the other, since a header holds 100 MB at most. The classes' names are JSON in the metadata.
 */
export const safetensorsEmbeddings: WriteRows = async (file, rows) => {
  const { nameOf, labelOf, classes } = rows;
  const indices: Int32Array[] = [];
  let [count, dimension, begun] = [0, 0, 0];
  for await (const part of rows.parts) {
    if (begun === 0) {
      // With the largest numbers that may come, so that the true header fits in its place.
      const header = headerOf(rows, rows.most, part.dimension, Number.MAX_SAFE_INTEGER / 8);
      begun = header.length;
      await file.writeFile(header);
    }
    await file.writeFile(bytesOf(part.values));
    indices.push(Int32Array.from(part.indices));
    count += part.count;
    dimension = part.dimension;
  }
  for (const part of indices) await file.writeFile(bytesOf(part));
  if (classes !== undefined) for (const part of indices) await file.writeFile(bytesOf(part.map(labelOf)));
  for (const part of indices) await file.writeFile(bytesOf(part.map((index) => Buffer.byteLength(nameOf(index)))));
  let nameBytes = 0;
  for (const part of indices) {
    for (let start = 0; start < part.length; start += namesAtOnce) {
      const names = Buffer.concat(Array.from(part.subarray(start, start + namesAtOnce), (index) => Buffer.from(nameOf(index))));
      nameBytes += names.length;
      await file.writeFile(names);
    }
  }
  await writeAt(file, headerOf(rows, count, dimension, nameBytes, begun), 0);
};

function headerOf({ classes }: EmbeddingRows, count: number, dimension: number, nameBytes: number, least?: number): Uint8Array {
  const entries: StoredTensorEntry[] = [
    { name: 'features', dtype: 'F32', shape: [count, dimension] },
    { name: 'indices', dtype: 'I32', shape: [count] },
    ...(classes === undefined ? [] : [{ name: 'labels', dtype: 'I32', shape: [count] } as const]),
    { name: 'name_lengths', dtype: 'I32', shape: [count] },
    { name: 'names', dtype: 'U8', shape: [Math.floor(nameBytes)] },
  ];
  return encodeSafetensorsHeader(entries, classes === undefined ? undefined : { classes: JSON.stringify(classes) }, least);
}
