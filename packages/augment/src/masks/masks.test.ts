import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { compile, randomKey } from '@ssl/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { drawBlockMask, drawMaskCounts, drawRandomMask, maskedCount } from '../index.js';

const key = (step = 0): Tensor1D => randomKey(9, step, 'masks');
const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('drawRandomMask', () => {
  it('hides exactly the stated number, and keep and restore fit together', () => {
    const { mask, keep, restore } = drawRandomMask(16, key(), { patches: 20, masked: 15 });
    const [masks, kept, places] = [mask.arraySync(), keep.arraySync(), restore.arraySync()];
    for (const [row, hidden] of masks.entries()) {
      expect(hidden.reduce((sum, value) => sum + value, 0)).toBe(15);
      expect(kept[row]?.every((patch) => hidden[patch] === 0)).toBe(true);
      expect(new Set(kept[row]).size).toBe(5);
      expect(kept[row]?.map((patch) => places[row]?.[patch])).toEqual([0, 1, 2, 3, 4]);
    }
  });

  it('hides every patch equally often', () => {
    const { mask } = drawRandomMask(4000, key(), { patches: 12, masked: 9 });
    const expected = 3000;
    const deviation = Math.sqrt(4000 * 0.75 * 0.25);
    for (const count of numbers(tf.sum(mask, 0))) expect(Math.abs(count - expected)).toBeLessThan(4 * deviation);
  });

  it('counts as MAE does, and takes none and all', () => {
    expect(maskedCount(196, 0.75)).toBe(147);
    expect(maskedCount(49, 0.6)).toBe(30); // 49 - floor(19.6)
    expect(drawRandomMask(2, key(), { patches: 5, masked: 0 }).keep.shape).toEqual([2, 5]);
    expect(numbers(drawRandomMask(2, key(), { patches: 5, masked: 5 }).mask)).toEqual(new Array(10).fill(1));
    expect(() => drawRandomMask(2, key(), { patches: 5, masked: 6 })).toThrow(/0 to 5.*got 6/s);
  });
});

describe('drawMaskCounts', () => {
  it('masks exactly half of the images, one in each part of the range', () => {
    const counts = numbers(drawMaskCounts(40, key(), { patches: 196 }));
    const masked = counts.filter((count) => count > 0).sort((a, b) => a - b);
    expect(masked.length).toBe(20);
    for (const [part, count] of masked.entries()) {
      const [low, high] = [0.1 + (0.4 * part) / 20, 0.1 + (0.4 * (part + 1)) / 20];
      expect(count).toBeGreaterThanOrEqual(Math.floor(196 * low) - 1e-3);
      expect(count).toBeLessThanOrEqual(Math.floor(196 * high + 1e-3));
    }
    expect(counts).not.toEqual([...counts].sort((a, b) => b - a)); // in random order
    expect(numbers(drawMaskCounts(1, key(), { patches: 196 }))).toEqual([0]);
  });
});

describe('drawBlockMask', () => {
  const grid = [14, 14] as const;

  it.each([0, 1, 20, 75, 150, 196])('hides exactly %i of 196 patches', (count) => {
    for (const total of numbers(tf.sum(drawBlockMask(16, key(), { grid, count }), [1, 2]))) expect(total).toBe(count);
  });

  it('hides the counts of drawMaskCounts, image by image', () => {
    const counts = drawMaskCounts(12, key(), { patches: 196 });
    const mask = drawBlockMask(12, key(1), { grid, count: counts, minimumBlock: 4 });
    expect(numbers(tf.sum(mask, [1, 2]))).toEqual(numbers(counts));
  });

  it('hides blocks: hidden patches have far more hidden neighbours than at random', () => {
    const mask = drawBlockMask(64, key(), { grid, count: 75 });
    const right = tf.mul(tf.slice(mask, [0, 0, 1]), tf.slice(mask, [0, 0, 0], [-1, -1, 13]));
    const pairs = tf.sum(right).dataSync()[0] ?? NaN;
    const share = pairs / (64 * 14 * 13); // at random 0.38² = 0.147
    expect(share).toBeGreaterThan(0.27);
  });

  it('follows a literal version of BEiT in how often each patch is hidden', () => {
    const batch = 600;
    const ours = numbers(tf.mean(drawBlockMask(batch, key(), { grid, count: 75 }), 0));
    const theirs = literalFrequencies(batch, 75);
    // The middle is hidden more often than the corners, by the same amount.
    const region = (frequencies: readonly number[], inside: boolean): number => {
      const values = frequencies.filter((_, index) => {
        const [row, column] = [Math.floor(index / 14), index % 14];
        return (row > 3 && row < 10 && column > 3 && column < 10) === inside;
      });
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    expect(Math.abs(region(ours, true) - region(theirs, true))).toBeLessThan(0.03);
    expect(Math.abs(region(ours, false) - region(theirs, false))).toBeLessThan(0.03);
  });

  it('can be traced: a compiled draw gives the same mask', async () => {
    await useBackend({ device: 'cpu' });
    const draw = (args: { key: Tensor1D }): { mask: tf.Tensor } => ({ mask: drawBlockMask(4, args.key, { grid, count: 75 }) });
    const compiled = compile(draw, { name: 'mask' });
    const { mask } = await compiled({ key: key() });
    expect(numbers(mask)).toEqual(numbers(draw({ key: key() }).mask));
    compiled.dispose();
    await useBackend({ device: 'js' });
  });
});

/** BEiT's loop, literally, filled up to the count as ours is. */
function literalFrequencies(images: number, count: number): number[] {
  let state = 77;
  const random = (): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x80000000;
  const frequencies = new Array<number>(196).fill(0);
  for (let image = 0; image < images; image++) {
    const hidden = new Set<number>();
    while (hidden.size < count) {
      const limit = count - hidden.size;
      let added = false;
      for (let attempt = 0; attempt < 10 && !added; attempt++) {
        const area = 16 + random() * (limit - 16);
        const ratio = Math.exp(Math.log(0.3) + random() * -2 * Math.log(0.3));
        const [height, width] = [Math.round(Math.sqrt(area * ratio)), Math.round(Math.sqrt(area / ratio))];
        if (height >= 14 || width >= 14) continue;
        const [top, left] = [Math.floor(random() * (15 - height)), Math.floor(random() * (15 - width))];
        const block = Array.from({ length: height * width }, (_, index) => (top + Math.floor(index / width)) * 14 + left + (index % width));
        const fresh = block.filter((patch) => !hidden.has(patch));
        if (fresh.length === 0 || fresh.length > limit) continue;
        for (const patch of fresh) hidden.add(patch);
        added = true;
      }
      if (!added) break;
    }
    while (hidden.size < count) hidden.add(Math.floor(random() * 196));
    for (const patch of hidden) frequencies[patch] = (frequencies[patch] ?? 0) + 1 / images;
  }
  return frequencies;
}
