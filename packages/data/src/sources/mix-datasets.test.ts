import { describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import { inMemory } from './in-memory.js';
import { mixDatasets } from './mix-datasets.js';

function filled(name: string, size: number, classes: readonly string[], channels = 1): Dataset {
  return inMemory({
    name, pixels: new Uint8Array(size * channels).fill(size), shape: [size, 1, 1, channels], classes, labels: Int32Array.from({ length: size }, (_, k) => k % classes.length),
  });
}

describe('mixDatasets', () => {
  it('gives each source its share and shows every image', async () => {
    const data = mixDatasets([{ dataset: filled('big', 60, ['x', 'y']), weight: 3 }, { dataset: filled('small', 5, ['y', 'z']), weight: 1 }]);
    expect([data.size, data.name, data.classes]).toEqual([80, 'big + small', ['x', 'y', 'z']]);
    expect([data.describe(59), data.describe(60), data.describe(64), data.describe(65), data.describe(79)]).toEqual(['big[59]', 'small[0]', 'small[4]', 'small[0]', 'small[4]']);
    expect([...data.labels!.subarray(58, 66)]).toEqual([0, 1, 1, 2, 1, 2, 1, 1]);
    const images = await Promise.all([data.read(3), data.read(70)]);
    expect(images.map((image) => image.kind === 'raw' && image.pixels[0])).toEqual([60, 5]);
  });

  it('keeps repetitions of one image in one group, and groups of sources apart', () => {
    const grouped = { ...filled('grouped', 4, ['a']), groups: Int32Array.of(0, 0, 9, 9) };
    const data = mixDatasets([{ dataset: grouped, weight: 1 }, { dataset: filled('plain', 2, ['a']), weight: 1 }]);
    expect([...data.groups!]).toEqual([0, 0, 9, 9, 10, 11, 10, 11]);
  });

  it('shows every image also of a source of small weight', () => {
    const data = mixDatasets([{ dataset: filled('a', 10, ['a']), weight: 0.9 }, { dataset: filled('b', 10, ['b']), weight: 0.1 }]);
    expect(data.size).toBe(100);
    expect([...data.labels!].filter((label) => label === 1)).toHaveLength(10);
  });

  it('closes its sources, and mixes grey with colour', async () => {
    let closed = 0;
    const close = () => Promise.resolve(void (closed += 1));
    const data = mixDatasets([{ dataset: { ...filled('a', 2, ['a'], 3), close }, weight: 1 }, { dataset: { ...filled('b', 2, ['a']), close }, weight: 1 }]);
    expect(data.channels).toBe(3);
    await data.close?.();
    expect(closed).toBe(2);
  });

  it('refuses weights and sources that make no sense', () => {
    const a = filled('a', 2, ['a']);
    expect(() => mixDatasets([])).toThrow('got none');
    expect(() => mixDatasets([{ dataset: a, weight: 0 }])).toThrow('a (2 images) with weight 0');
    expect(() => mixDatasets([{ dataset: a, weight: 1 }, { dataset: filled('four', 2, ['a'], 4), weight: 1 }])).toThrow('Sources of 4 channels were needed, a has 1');
    expect(() => mixDatasets([{ dataset: filled('many', 4000, ['a']), weight: 1e-9 }, { dataset: a, weight: 1 }])).toThrow('fewer than 2^31');
  });
});
