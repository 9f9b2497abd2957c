import type { HostBatch } from '@ssl/core';
import { describe, expect, it } from 'vitest';
import { BrokenImages } from './broken-images.js';
import type { Dataset } from './dataset.js';
import { evaluationBatches } from './evaluation-batches.js';
import { inMemory } from './sources/in-memory.js';

function numbered(size: number, broken: readonly number[] = []): Dataset {
  const pixels = Uint8Array.from({ length: size * 4 }, (_, i) => Math.floor(i / 4));
  const data = inMemory({ pixels, shape: [size, 2, 2, 1], labels: Int32Array.from({ length: size }, (_, k) => k % 2), classes: ['even', 'odd'] });
  return { ...data, read: (index) => (broken.includes(index) ? Promise.reject(new Error('torn')) : data.read(index)) };
}

async function all(data: Dataset, broken?: BrokenImages): Promise<HostBatch[]> {
  const batches: HostBatch[] = [];
  for await (const batch of evaluationBatches(data, { size: 2, batchSize: 4, ...(broken && { broken }) })) batches.push(batch);
  return batches;
}

describe('evaluationBatches', () => {
  it('brings every image once, in order, with a short last batch', async () => {
    const batches = await all(numbered(10));
    expect(batches.map((batch) => batch.shape[0])).toEqual([4, 4, 2]);
    expect(batches.flatMap((batch) => [...batch.indices])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(batches.flatMap((batch) => [...batch.labels!])).toEqual([0, 1, 0, 1, 0, 1, 0, 1, 0, 1]);
  });

  it('leaves broken images out and keeps the others in their places', async () => {
    const broken = new BrokenImages(10);
    const batches = await all(numbered(10, [0, 2, 4, 5, 6, 7]), broken);
    expect(batches.map((batch) => [...batch.indices])).toEqual([[1, 3], [8, 9]]);
    expect(batches.map((batch) => [...batch.pixels].filter((_, i) => i % 4 === 0))).toEqual([[1, 3], [8, 9]]);
    expect([broken.count, broken.has(5), broken.has(8)]).toEqual([6, true, false]);
  });

  it('takes one image, and fewer than a batch', async () => {
    expect((await all(numbered(1))).map((batch) => batch.shape)).toEqual([[1, 2, 2, 1]]);
  });

  it('ends with an error when nothing can be read', async () => {
    await expect(all(numbered(5, [0, 1, 2, 3, 4]))).rejects.toThrow('all 5 of in memory are broken');
    await expect(all(numbered(0))).resolves.toEqual([]);
  });
});
