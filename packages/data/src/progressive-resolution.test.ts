import { describe, expect, it } from 'vitest';
import { imageLoader } from './image-loader.js';
import { progressiveResolution } from './progressive-resolution.js';
import { inMemory } from './sources/in-memory.js';

describe('progressiveResolution', () => {
  it('grows in steps from the first size to the last', () => {
    const size = progressiveResolution({ from: 128, to: 224, epochs: 16 });
    expect([0, 8, 15, 16, 100].map(size)).toEqual([128, 160, 192, 224, 224]);
    const uneven = progressiveResolution({ from: 100, to: 130, epochs: 2, step: 64 });
    expect([0, 1, 2].map(uneven)).toEqual([100, 100, 130]);
  });

  it('refuses sizes that shrink or make no sense', () => {
    expect(() => progressiveResolution({ from: 64, to: 32, epochs: 2 })).toThrow('A size that grows was needed, got 64 to 32');
    expect(() => progressiveResolution({ from: 0, to: 32, epochs: 2 })).toThrow('from must be a whole number of at least 1');
  });

  it('gives the loader the size of each epoch, from any position alike', async () => {
    const data = inMemory({ pixels: Uint8Array.from({ length: 8 * 64 }, (_, i) => i % 256), shape: [8, 8, 8, 1] });
    const size = progressiveResolution({ from: 2, to: 8, epochs: 3, step: 2 });
    const take = async (from: { epoch: number; batch: number }, count: number) => {
      const loader = imageLoader(data, { size, batchSize: 4 });
      const batches = [];
      for await (const batch of loader.batches(from)) if (batches.push(batch) === count) break;
      await loader.close();
      return batches;
    };
    const whole = await take({ epoch: 0, batch: 0 }, 8);
    expect(whole.map((batch) => batch.shape[1])).toEqual([2, 2, 4, 4, 6, 6, 8, 8]);
    expect(await take({ epoch: 2, batch: 1 }, 3)).toEqual(whole.slice(5));
  });
});
