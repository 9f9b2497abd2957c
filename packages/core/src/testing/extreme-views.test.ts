import { expect, it } from 'vitest';
import { embeddingRows, extremeViews } from './extreme-views.js';

it('gives rows that all differ, within the scale', () => {
  const rows = embeddingRows(5, 2);
  expect(new Set(rows.map(String)).size).toBe(5);
  for (const value of rows.flat()) expect(Math.abs(value)).toBeLessThanOrEqual(2);
});

it.each(Object.entries(extremeViews))('%s: two finite views of one shape', (_name, [first, second]) => {
  expect(first.length).toBe(second.length);
  for (const row of [...first, ...second]) expect(row.filter(Number.isFinite)).toHaveLength(3);
});
