import type { HostBatch, LoaderPosition } from '@ssl/core';
import { describe, expect, it } from 'vitest';
import type { Dataset, RawImage } from './dataset.js';
import { imageLoader, type ImageLoaderOptions } from './image-loader.js';
import { inMemory } from './sources/in-memory.js';

const side = 2;

/** Image k is filled with the value k; its class is k % 3. */
function numbered(size: number): Dataset {
  const pixels = Uint8Array.from({ length: size * side * side }, (_, i) => Math.floor(i / (side * side)) % 256);
  return inMemory({ pixels, shape: [size, side, side, 1], labels: Int32Array.from({ length: size }, (_, k) => k % 3), classes: ['a', 'b', 'c'] });
}

/** The dataset with `change` before each read. */
function changed(data: Dataset, change: (index: number) => Promise<void>): Dataset {
  return { ...data, read: (index) => change(index).then(() => data.read(index)) };
}

const nextTick = () => new Promise<void>((resolve) => setImmediate(resolve));

async function take(data: Dataset, count: number, options: Partial<ImageLoaderOptions> = {}, from: LoaderPosition = { epoch: 0, batch: 0 }) {
  const loader = imageLoader(data, { size: side, batchSize: 4, ...options });
  const batches: HostBatch[] = [];
  for await (const batch of loader.batches(from)) if (batches.push(batch) === count) break;
  await loader.close();
  return { batches, loader };
}

const indices = (batches: readonly HostBatch[]) => batches.map((batch) => [...batch.indices]);

describe('imageLoader', () => {
  it('hands out pixels, labels and proportions that belong together', async () => {
    const { batches } = await take(numbered(10), 5, { channels: 3 });
    for (const batch of batches) {
      expect(batch.shape).toEqual([4, side, side, 3]);
      for (let place = 0; place < 4; place += 1) {
        const image = [...batch.pixels.subarray(place * 12, place * 12 + 12)];
        expect(image).toEqual(Array.from({ length: 12 }, () => batch.indices[place]));
        expect(batch.labels?.[place]).toBe((batch.indices[place] ?? 0) % 3);
        expect(batch.aspects[place]).toBe(1);
      }
    }
  });

  it('shows every image once an epoch, in another order each time', async () => {
    const { batches, loader } = await take(numbered(12), 6);
    expect(loader.batchesPerEpoch).toBe(3);
    const [first, second] = [indices(batches.slice(0, 3)).flat(), indices(batches.slice(3)).flat()];
    for (const epoch of [first, second]) expect([...epoch].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, k) => k));
    expect(first).not.toEqual(second);
  });

  it('keeps the order of the dataset without shuffling, and the rest as a short batch without dropLast', async () => {
    const { batches, loader } = await take(numbered(10), 4, { shuffle: false, dropLast: false });
    expect(loader.batchesPerEpoch).toBe(3);
    expect(indices(batches)).toEqual([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9], [0, 1, 2, 3]]);
    expect(batches[2]?.shape).toEqual([2, side, side, 1]);
  });

  it('gives the same batches for any number of workers and any depth of prefetch, however long each image takes', async () => {
    const slow = changed(numbered(30), async (index) => {
      for (let k = 0; k < (index * 7) % 5; k += 1) await nextTick();
    });
    const reference = indices((await take(numbered(30), 12)).batches);
    for (const workers of [1, 2, 3, 16]) {
      for (const prefetch of [0, 1, 5]) expect(indices((await take(slow, 12, { workers, prefetch })).batches)).toEqual(reference);
    }
  });

  it.each([1, 2, 8])('goes on exactly from any position, broken images and all, with %i workers', async (workers) => {
    const torn = changed(numbered(23), (index) => (index % 6 === 1 ? Promise.reject(new Error('torn')) : Promise.resolve()));
    const whole = (await take(torn, 17)).batches;
    for (let start = 0; start < 15; start += 1) {
      const from = { epoch: Math.floor(start / 5), batch: start % 5 };
      const resumed = (await take(torn, 2, { workers }, from)).batches;
      expect(resumed).toEqual(whole.slice(start, start + 2));
    }
    const atTheEnd = (await take(torn, 1, { workers }, { epoch: 0, batch: 5 })).batches;
    expect(indices(atTheEnd)).toEqual(indices(whole.slice(5, 6)));
  });

  it('replaces a broken image by one further on, records it once, and keeps batches full', async () => {
    const torn = changed(numbered(12), (index) => (index === 5 ? Promise.reject(new Error('torn\nin two')) : Promise.resolve()));
    const { batches, loader } = await take(torn, 6, { shuffle: false });
    // 4 x 1 = 4 shares a factor with 12, so the stride is 5: place 5 is taken by 10.
    expect(indices(batches.slice(0, 3))).toEqual([[0, 1, 2, 3], [4, 10, 6, 7], [8, 9, 10, 11]]);
    expect(batches[1]?.labels?.[1]).toBe(1);
    expect(loader.broken.count).toBe(1);
    expect(loader.broken.listed).toEqual([{ index: 5, name: 'in memory[5]', reason: 'torn in two' }]);
  });

  it('goes on while half of the images are broken, and ends with an error when all are', async () => {
    const half = changed(numbered(16), (index) => (index % 2 === 0 ? Promise.reject(new Error('torn')) : Promise.resolve()));
    const { batches } = await take(half, 8);
    expect(indices(batches).flat().every((index) => index % 2 === 1)).toBe(true);
    const all = changed(numbered(8), () => Promise.reject(new Error('torn')));
    await expect(take(all, 1)).rejects.toThrow(/all 8 of in memory are broken: in memory\[\d\] \(torn\).*Check the files/);
  });

  it('counts an image that hangs as broken and goes on', async () => {
    const hanging = changed(numbered(8), (index) => (index === 2 ? new Promise(() => undefined) : Promise.resolve()));
    const { batches, loader } = await take(hanging, 4, { timeoutSeconds: 0.05, workers: 2 });
    expect(indices(batches).flat()).not.toContain(2);
    expect(loader.broken.listed[0]?.reason).toBe('did not arrive within 0.05 s (option timeoutSeconds)');
  });

  it('never decodes more than prefetch batches ahead of the one in use, nor more images at a time than workers', async () => {
    let started = 0;
    let inside = 0;
    let most = 0;
    const watched = changed(numbered(200), async () => {
      started += 1;
      inside += 1;
      most = Math.max(most, inside);
      await nextTick();
      inside -= 1;
    });
    const loader = imageLoader(watched, { size: side, batchSize: 4, prefetch: 2, workers: 3, cacheBytes: 0 });
    let taken = 0;
    for await (const batch of loader.batches({ epoch: 0, batch: 0 })) {
      for (let k = 0; k < 50; k += 1) await nextTick(); // the consumer is slow: the loader could run away
      taken += batch.shape[0];
      expect(started - taken).toBeLessThanOrEqual(2 * 4);
      if (taken === 40) break;
    }
    await loader.close();
    expect(most).toBe(3);
    expect(inside).toBe(0);
  });

  it('stops reading when the consumer leaves', async () => {
    let started = 0;
    const watched = changed(numbered(400), async () => {
      started += 1;
      await nextTick();
    });
    const loader = imageLoader(watched, { size: side, batchSize: 100, prefetch: 2, workers: 1, cacheBytes: 0 });
    for await (const batch of loader.batches({ epoch: 0, batch: 0 })) if (batch.shape[0] === 100) break;
    await loader.close();
    const after = started;
    for (let k = 0; k < 20; k += 1) await nextTick();
    expect(started).toBe(after);
    expect(started).toBeLessThan(300);
  });

  it('decodes each image of a small set once, and of a large set each time', async () => {
    let reads = 0;
    const counted = changed(numbered(8), () => {
      reads += 1;
      return Promise.resolve();
    });
    await take(counted, 8, { prefetch: 0 });
    expect(reads).toBe(8);
    await take(counted, 8, { prefetch: 0, cacheBytes: 8 * 4 - 1 });
    expect(reads).toBe(8 + 32);
  });

  it('shares an epoch between ranks without overlap, as one rank with larger batches sees it', async () => {
    const data = numbered(27);
    const ranks = await Promise.all([0, 1, 2].map(async (rank) => indices((await take(data, 4, { rank, worldSize: 3 })).batches)));
    const one = indices((await take(data, 4, { batchSize: 12 })).batches);
    expect(one).toEqual(one.map((_, batch) => ranks.flatMap((rank) => rank[batch] ?? [])));
    expect(new Set(ranks.flatMap((rank) => [...rank[0]!, ...rank[1]!])).size).toBe(24);
  });

  it('resizes images of other sizes', async () => {
    const wide: RawImage = { kind: 'raw', pixels: new Uint8Array(8 * 2).fill(9), width: 8, height: 2, channels: 1 };
    const { batches } = await take({ ...numbered(4), read: () => Promise.resolve(wide) }, 1);
    expect([...batches[0]!.pixels]).toEqual(Array.from({ length: 16 }, () => 9));
    expect([...batches[0]!.aspects]).toEqual([4, 4, 4, 4]);
  });
});

describe('imageLoader refuses', () => {
  const refused = (size: number, options: Partial<ImageLoaderOptions>) => () => imageLoader(numbered(size), { size: side, batchSize: 4, ...options });

  it('a batch larger than the data', () => {
    expect(refused(3, {})).toThrow('A batch of 4 needs at least 4 images, in memory holds 3. Use a batch size of at most 3.');
    expect(refused(11, { worldSize: 3 })).toThrow('A batch of 4 on each of 3 ranks needs at least 12 images, in memory holds 11. Use a batch size of at most 3.');
  });

  it('one image', () => {
    expect(refused(1, { batchSize: 1 })).toThrow('at least 2 different images, in memory holds 1');
  });

  it('numbers that make no sense', () => {
    expect(refused(9, { batchSize: 0 })).toThrow('batchSize must be a whole number of at least 1, got 0');
    expect(refused(9, { size: 2.5 })).toThrow('size must be a whole number');
    expect(refused(9, { rank: 2, worldSize: 2 })).toThrow('rank must be below worldSize 2, got 2');
    expect(refused(9, { dropLast: false, worldSize: 2 })).toThrow('dropLast: false needs one rank');
  });

  it('a position outside of the data', async () => {
    await expect(take(numbered(12), 1, {}, { epoch: 0, batch: 4 })).rejects.toThrow(/batch 0 to 3.*got epoch 0, batch 4.*resume with the same/);
  });
});
