import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { l2Normalize, randomNormal } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { mixHardNegatives } from './mix-hard-negatives.js';

const unit = (rows: number, purpose: string): Tensor2D => l2Normalize(randomNormal([rows, 5], randomKey(0, 0, purpose))) as Tensor2D;
const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Least squares: is `h` a combination `x a + y b` of two vectors with x, y >= 0? */
function combines(h: number[], a: number[], b: number[]): boolean {
  const [aa, ab, bb, ha, hb] = [dot(a, a), dot(a, b), dot(b, b), dot(h, a), dot(h, b)];
  const determinant = aa * bb - ab * ab;
  if (Math.abs(determinant) < 1e-6) return Math.abs(dot(h, a) - 1) < 1e-4;
  const [x, y] = [(ha * bb - hb * ab) / determinant, (hb * aa - ha * ab) / determinant];
  const rest = h.reduce((sum, value, i) => sum + (value - x * a[i]! - y * b[i]!) ** 2, 0);
  return rest < 1e-6 && x > -1e-4 && y > -1e-4;
}

describe('mixHardNegatives', () => {
  beforeAll(() => useBackend({ device: 'js' }));

  it('mixes two of the hardest negatives, and one with the query at less than half', () => {
    const [queries, negatives] = [unit(3, 'queries'), unit(20, 'negatives')];
    const options = { hardest: 4, mixed: 16, mixedWithQuery: 8 };
    const synthetic = mixHardNegatives(queries, negatives, randomKey(1, 0, 'mix'), options);
    expect(synthetic.shape).toEqual([3, 24, 5]);
    const [q, n, h] = [queries.arraySync(), negatives.arraySync(), synthetic.arraySync()];
    q.forEach((query, i) => {
      const hard = n.toSorted((a, b) => dot(query, b) - dot(query, a)).slice(0, 4);
      h[i]!.forEach((vector, s) => {
        expect(dot(vector, vector)).toBeCloseTo(1, 4);
        const partners = s < 16 ? hard : [query];
        expect(hard.some((a) => partners.some((b) => combines(vector, a, b)))).toBe(true);
      });
    });
  });

  it('draws anew with another key and the same with the same', () => {
    const [queries, negatives] = [unit(2, 'q'), unit(9, 'n')];
    const draw = (step: number) => [...mixHardNegatives(queries, negatives, randomKey(3, step, 'mix'), { hardest: 5, mixed: 4, mixedWithQuery: 0 }).dataSync()];
    expect(draw(0)).toEqual(draw(0));
    expect(draw(0)).not.toEqual(draw(1));
  });

  it('carries no gradient, not even to the query it contains', () => {
    const negatives = unit(9, 'n');
    const options = { hardest: 3, mixed: 2, mixedWithQuery: 2 };
    const value = (q: tf.Tensor) => tf.add(tf.sum(mixHardNegatives(q as Tensor2D, negatives, randomKey(3, 0, 'mix'), options)), tf.sum(q));
    expect(new Set(tf.grad(value)(unit(2, 'q')).dataSync())).toEqual(new Set([1]));
  });

  it('refuses more hard negatives than there are', () => {
    expect(() => mixHardNegatives(unit(2, 'q'), unit(9, 'n'), randomKey(0, 0, 'mix'), { hardest: 10 })).toThrow('hardest = 10');
  });
});
