import { expect, test } from 'vitest';
import { shareOfLabels } from './share-of-labels.js';

const labels = Array.from({ length: 230 }, (_, row) => (row < 100 ? 0 : row < 220 ? 1 : row < 225 ? 2 : -1));

function counts(rows: Int32Array): number[] {
  return [0, 1, 2, -1].map((label) => rows.filter((row) => labels[row] === label).length);
}

test('a share of every class, at least one image', () => {
  expect(counts(shareOfLabels(labels, 0.1))).toEqual([10, 12, 1, 0]);
  expect(counts(shareOfLabels(labels, 0.01))).toEqual([1, 1, 1, 0]);
  expect(counts(shareOfLabels(labels, 1))).toEqual([100, 120, 5, 0]);
});

test('a smaller share is a part of a larger one, another seed draws others', () => {
  const [small, large] = [shareOfLabels(labels, 0.05, 3), shareOfLabels(labels, 0.2, 3)];
  expect([...small].every((row) => large.includes(row))).toBe(true);
  expect([...shareOfLabels(labels, 0.05, 4)]).not.toEqual([...small]);
  expect([...small]).toEqual([...small].sort((a, b) => a - b));
});

test('what is out of range is refused', () => {
  expect(() => shareOfLabels(labels, 10)).toThrow(/got 10 and 3 classes. Write 0.01 for 1 %/);
  expect(() => shareOfLabels([-1, -1], 0.1)).toThrow(/0 classes/);
});
