import { describe, expect, test } from 'vitest';
import { knnCeiling } from './knn-ceiling.js';
import { vote } from './vote.js';

const of = (labels: number[], k: number, groups?: number[]) =>
  knnCeiling({ labels: Int32Array.from(labels), count: labels.length, ...(groups === undefined ? {} : { groups: Int32Array.from(groups) }) }, k);

/** The same by trying every order of the others as neighbours. */
function bySearch(labels: number[], k: number, groups: number[] = labels.map(() => -1)): number {
  return labels.filter((label, row) => {
    const others = labels.map((_, other) => other).filter((other) => other !== row && (groups[row]! < 0 || groups[other] !== groups[row]));
    const voters = Math.min(k, others.length);
    return voters === 0 || !orders(others, voters).some((indices) => {
      const neighbours = { indices: Int32Array.from(indices), similarities: Float32Array.from(indices, (_, i) => -i), count: 1, k: voters };
      return vote(neighbours, labels, { weighting: 'uniform' }).predictions[0] === label;
    });
  }).length;
}

function orders(items: number[], length: number): number[][] {
  return length === 0 ? [[]] : items.flatMap((item) => orders(items.filter((other) => other !== item), length - 1).map((rest) => [item, ...rest]));
}

describe('images that no features can get right', () => {
  test.each([
    ['one image in each class', [0, 1, 2, 3], 3, undefined],
    ['two classes of three, where all five others vote', [0, 0, 0, 1, 1, 1], 5, undefined],
    ['the same with four votes', [0, 0, 0, 1, 1, 1], 4, undefined],
    ['a pair among many classes', [0, 0, 1, 2, 3, 4], 5, undefined],
    ['a pair beside one class', [0, 0, 1, 1, 1, 1], 3, undefined],
    ['more neighbours than images', [0, 0, 1], 5, undefined],
    ['members of a group do not vote', [0, 0, 0, 1, 1], 2, [7, 7, -1, 8, 8]],
    ['groups across classes', [0, 0, 1, 1, 1], 2, [1, 2, 1, 2, -1]],
    ['all images in one group', [0, 0, 1, 1], 1, [4, 4, 4, 4]],
  ])('%s', (_what, labels, k, groups) => {
    expect(of(labels, k, groups).hopeless).toBe(bySearch(labels, k, groups));
  });

  test('figures', () => {
    expect(of([0, 1, 1, 1], 1)).toEqual({ k: 1, count: 4, hopeless: 1, alone: 1, accuracy: 0.75, largestClass: 0.75 });
    expect(of([0, 1, 2], 2)).toMatchObject({ hopeless: 3, alone: 3, accuracy: 0 });
    expect(of([0, 0, 0, 1, 1, 1], 5)).toMatchObject({ hopeless: 6, alone: 0, accuracy: 0, largestClass: 0.5 });
  });
});
