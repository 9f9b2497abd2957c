import { describe, expect, it } from 'vitest';
import type { Dataset } from '../dataset.js';
import { inMemory } from './in-memory.js';
import { splitDataset } from './split-dataset.js';
import { subset } from './subset.js';

function numbered(size: number, groups?: Int32Array): Dataset {
  const data = inMemory({
    pixels: Uint8Array.from({ length: size }, (_, k) => k % 256), shape: [size, 1, 1, 1],
    labels: Int32Array.from({ length: size }, (_, k) => k % 3), classes: ['a', 'b', 'c'], ...(groups && { groups }),
  });
  return { ...data, caption: (index) => Promise.resolve(`caption ${index}`) };
}

const originals = async (data: Dataset) =>
  Promise.all(Array.from({ length: data.size }, async (_, k) => Number((await data.caption?.(k))?.slice('caption '.length))));

describe('subset', () => {
  it('brings everything of the images picked', async () => {
    const part = subset(numbered(10, Int32Array.from({ length: 10 }, (_, k) => k + 100)), Int32Array.of(7, 2));
    expect([part.size, [...part.labels!], [...part.groups!], part.describe(0), await part.caption?.(1)]).toEqual([2, [1, 2], [107, 102], 'in memory[7]', 'caption 2']);
    const image = await part.read(0);
    expect(image.kind === 'raw' && image.pixels[0]).toBe(7);
    expect(() => subset(numbered(3), Int32Array.of(0, 3))).toThrow('Positions from 0 to 2 were needed, got 3 at 1');
  });
});

describe('splitDataset', () => {
  it('makes parts of the sizes asked for, without overlap, the same for the same seed', async () => {
    const { train, validation, test } = splitDataset(numbered(1000), { train: 0.7, validation: 0.2, test: 0.1 }, { seed: 3 });
    expect([train.size, validation.size, test.size]).toEqual([700, 200, 100]);
    const all = [await originals(train), await originals(validation), await originals(test)];
    expect(new Set(all.flat()).size).toBe(1000);
    expect(all[0]).toEqual(all[0]!.toSorted((a, b) => a - b));
    expect(await originals(splitDataset(numbered(1000), { one: 0.7 }, { seed: 3 }).one)).toEqual(all[0]);
    expect(await originals(splitDataset(numbered(1000), { one: 0.7 }, { seed: 4 }).one)).not.toEqual(all[0]);
  });

  it('is random: each image comes into a part as often as the fraction says', async () => {
    const times = new Float64Array(20);
    for (let seed = 0; seed < 400; seed += 1) {
      for (const index of await originals(splitDataset(numbered(20), { part: 0.25 }, { seed }).part)) times[index]! += 1;
    }
    const chiSquare = times.reduce((sum, count) => sum + (count - 100) ** 2 / 75, 0);
    expect(chiSquare).toBeLessThan(43.82); // 99.9 % point for 19 degrees of freedom
  });

  it('keeps groups together', () => {
    const groups = Int32Array.from({ length: 90 }, (_, k) => Math.floor(k / 3) * 7);
    const { a, b } = splitDataset(numbered(90, groups), { a: 0.5, b: 0.5 }, { seed: 1 });
    expect([...a.groups!].filter((group) => b.groups!.includes(group))).toEqual([]);
    expect(a.size + b.size).toBe(90);
    expect(Math.abs(a.size - 45)).toBeLessThan(4);
    const apart = splitDataset(numbered(90, groups), { a: 0.5, b: 0.5 }, { seed: 1, keepGroups: false });
    expect([...apart.a.groups!].some((group) => apart.b.groups!.includes(group))).toBe(true);
  });

  it('refuses fractions that make no sense', () => {
    for (const fractions of [{}, { a: 0 }, { a: -0.5 }, { a: 0.6, b: 0.6 }, { a: Number.NaN }]) {
      expect(() => splitDataset(numbered(10), fractions as Record<string, number>)).toThrow('Fractions above 0');
    }
    expect(() => splitDataset(numbered(10), { a: 0.9, b: 0.01 })).toThrow('Part b (0.01 of 10 images) would be empty');
  });
});
