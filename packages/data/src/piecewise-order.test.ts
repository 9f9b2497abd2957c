import { describe, expect, it } from 'vitest';
import { piecewiseOrder } from './piecewise-order.js';

const sizes = [3, 5, 1, 7, 4, 4, 2, 6];
const starts = Float64Array.from(sizes, (_, piece) => sizes.slice(0, piece).reduce((a, b) => a + b, 0));
const size = sizes.reduce((a, b) => a + b, 0);
const positions = Array.from({ length: size }, (_, position) => position);
const pieceOf = (index: number) => starts.findLastIndex((start) => start <= index);

describe('piecewiseOrder', () => {
  it.each([1, 2, 3, 8, 20])('is a permutation, window %i', (window) => {
    for (const epoch of [0, 1, 2]) {
      const order = positions.map(piecewiseOrder(size, { starts, window }, 4, epoch));
      expect(order.toSorted((a, b) => a - b)).toEqual(positions);
    }
  });

  it('keeps to `window` pieces at a time, mixes them, and takes each once', () => {
    const order = positions.map(piecewiseOrder(size, { starts, window: 2 }, 1, 0));
    const visited: number[][] = [];
    for (const index of order) {
      const piece = pieceOf(index);
      const last = visited.at(-1);
      if (last === undefined || (!last.includes(piece) && last.length === 2)) visited.push([piece]);
      else if (!last.includes(piece)) last.push(piece);
    }
    expect(visited).toHaveLength(4);
    expect(visited.flat().toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(order.some((index, at) => at > 1 && pieceOf(index) !== pieceOf(order[at - 1]!) && pieceOf(index) === pieceOf(order[at - 2]!))).toBe(true);
  });

  it('does not depend on which positions were asked before', () => {
    const order = piecewiseOrder(size, { starts, window: 2 }, 9, 3);
    const forwards = positions.map(order);
    expect(positions.toReversed().map(order).toReversed()).toEqual(forwards);
  });

  it('differs between epochs', () => {
    const order = (epoch: number) => positions.map(piecewiseOrder(size, { starts, window: 3 }, 0, epoch)).join();
    expect(order(0)).not.toBe(order(1));
  });
});
