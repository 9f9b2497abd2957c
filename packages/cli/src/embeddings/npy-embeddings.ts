import { writeFileAtomically } from '@ssl/core';
import { quoted } from './csv-embeddings.js';
import type { WriteRows } from './embedding-rows.js';
import { bytesOf, writeAt } from './file-bytes.js';

/** `vectors.npy` -> `vectors.names.csv`: the file of the names beside it. */
export function namesBeside(path: string): string {
  return path.replace(/\.npy$/i, '.names.csv');
}

const headerBytes = 128;

/** A float32 array `[images, dimension]` for `numpy.load`, also with `mmap_mode`; names and classes in a CSV file beside it, row for row. */
export const npyEmbeddings: WriteRows = async (file, rows, path) => {
  const indices: Int32Array[] = [];
  let [count, dimension] = [0, 0];
  await file.writeFile(header(0, 0));
  for await (const part of rows.parts) {
    await file.writeFile(bytesOf(part.values));
    indices.push(Int32Array.from(part.indices));
    count += part.count;
    dimension = part.dimension;
  }
  await writeAt(file, header(count, dimension), 0);
  await writeFileAtomically(namesBeside(path), async (names) => {
    await names.writeFile('name,class\n');
    for (const part of indices) await names.writeFile(Array.from(part, (index) => `${quoted(rows.nameOf(index))},${quoted(rows.classOf(index) ?? '')}\n`).join(''));
  });
};

/** Version 1.0 of the format, padded to one length whatever the shape. */
function header(count: number, dimension: number): Uint8Array {
  const bytes = Buffer.alloc(headerBytes, ' ');
  bytes.write('\x93NUMPY\x01\x00', 0, 'latin1');
  bytes.writeUInt16LE(headerBytes - 10, 8);
  bytes.write(`{'descr': '<f4', 'fortran_order': False, 'shape': (${String(count)}, ${String(dimension)}), }`, 10, 'latin1');
  bytes.write('\n', headerBytes - 1);
  return bytes;
}
