import { expect, test } from 'vitest';
import { dropRate } from './drop-rate.js';

const rates = (stochasticDepthRule: 'linear' | 'uniform', depth: number): number[] =>
  Array.from({ length: depth }, (_, index) => dropRate({ stochasticDepth: 0.3, stochasticDepthRule, depth }, index));

test('the rate grows linearly from 0, or is the same in every block', () => {
  expect(rates('linear', 4).map((rate) => Math.round(rate * 1e6) / 1e6)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(rates('linear', 1)).toEqual([0]);
  expect(rates('uniform', 3)).toEqual([0.3, 0.3, 0.3]);
});
