import { describe, expect, it } from 'vitest';
import { epochOrder } from './epoch-order.js';

const positions = (size: number) => Array.from({ length: size }, (_, position) => position);

describe('epochOrder', () => {
  it.each([1, 2, 3, 5, 63, 64, 65, 1000, 4097])('is a permutation of %i images', (size) => {
    for (const [seed, epoch] of [[0, 0], [7, 3], [-1, 0], [2 ** 40, 1]] as const) {
      const seen = positions(size).map(epochOrder(size, seed, epoch));
      expect([...seen].sort((a, b) => a - b)).toEqual(positions(size));
    }
  });

  it('differs between epochs and between seeds, and repeats itself', () => {
    const order = (seed: number, epoch: number) => positions(100).map(epochOrder(100, seed, epoch)).join();
    expect(order(1, 2)).toBe(order(1, 2));
    expect(new Set([order(0, 0), order(0, 1), order(1, 0), order(1, 1), order(2 ** 32, 0), order(-1, 0)]).size).toBe(6);
  });

  it('brings every image to every place equally often (chi-square)', () => {
    const size = 7;
    const epochs = 7000;
    const counts = new Float64Array(size * size);
    for (let epoch = 0; epoch < epochs; epoch += 1) {
      const order = epochOrder(size, 11, epoch);
      for (let place = 0; place < size; place += 1) counts[place * size + order(place)]! += 1;
    }
    const expected = epochs / size;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(67.99); // 99.9 % point for 36 degrees of freedom
  });

  it('keeps neighbours apart (serial correlation of a large set is that of chance)', () => {
    const size = 20_000;
    const order = positions(size).map(epochOrder(size, 5, 0));
    const mean = (size - 1) / 2;
    const covariance = order.reduce((sum, value, at) => sum + (value - mean) * ((order[(at + 1) % size] ?? 0) - mean), 0);
    const variance = order.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    expect(Math.abs(covariance / variance)).toBeLessThan(3.3 / Math.sqrt(size));
  });

  it('works for two billion images without memory', () => {
    const size = 2 ** 31 - 1;
    const order = epochOrder(size, 3, 1);
    const seen = new Set(Array.from({ length: 2000 }, (_, k) => order(size - 1 - k * 1_000_003)));
    expect(seen.size).toBe(2000);
    expect(Math.max(...seen)).toBeLessThan(size);
    expect(Math.min(...seen)).toBeGreaterThanOrEqual(0);
  });
});
