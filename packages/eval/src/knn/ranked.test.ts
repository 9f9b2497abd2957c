import { expect, test } from 'vitest';
import { Ranked } from './ranked.js';

/** Whole numbers below `range`, the same in each run. */
function numbers(count: number, range: number): number[] {
  return Array.from({ length: count }, (_, i) => (i * i * 31 + i * 17 + 5) % 9973 % range);
}

test.each([2, 7, 9973])('the largest as a stable sort finds them, numbers below %i', (range) => {
  for (const count of [1, 2, 16, 183]) {
    for (const most of [1, 2, 21, 182, 183, 200]) {
      const values = numbers(count, range);
      const ranked = new Ranked(count);
      values.forEach((value, place) => {
        ranked.add(place, value);
      });
      const last = ranked.keep(most);
      const expected = values.map((value, place) => ({ value, place })).sort((a, b) => b.value - a.value || a.place - b.place).slice(0, most);
      expect(last).toBe(count > most ? expected.at(-1)!.value : Number.NEGATIVE_INFINITY);
      const inOrder = expected.sort((a, b) => a.place - b.place);
      expect([...ranked.places.subarray(0, ranked.count)]).toEqual(inOrder.map(({ place }) => place));
      expect([...ranked.similarities.subarray(0, ranked.count)]).toEqual(inOrder.map(({ value }) => value));
    }
  }
});

test('it can be filled again', () => {
  const ranked = new Ranked(4);
  for (const values of [[1, 2, 3, 4], [4, 3, 2, 1]]) {
    ranked.count = 0;
    values.forEach((value, place) => {
      ranked.add(place, value);
    });
    expect(ranked.keep(2)).toBe(3);
    expect([...ranked.similarities.subarray(0, ranked.count)]).toEqual(values.filter((value) => value > 2));
  }
});
