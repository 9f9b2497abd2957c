import { describe, expect, it } from 'vitest';
import { naturalOrder } from './natural-order.js';

describe('naturalOrder', () => {
  it('counts numbers as numbers, of any length', () => {
    const names = ['img10', 'img2', 'img1', 'a', 'img', 'img2b', `x${'9'.repeat(40)}`, `x1${'0'.repeat(40)}`, 'b'];
    expect(names.sort(naturalOrder)).toEqual(['a', 'b', 'img', 'img1', 'img2', 'img2b', 'img10', `x${'9'.repeat(40)}`, `x1${'0'.repeat(40)}`]);
  });

  it('tells names apart that differ in leading zeros', () => {
    expect(naturalOrder('a01', 'a1')).not.toBe(0);
    expect(Math.sign(naturalOrder('a01', 'a1'))).toBe(-Math.sign(naturalOrder('a1', 'a01')));
    expect(naturalOrder('0', '00')).not.toBe(0);
    expect(naturalOrder('a01', 'a2')).toBeLessThan(0);
  });

  it('is an order: antisymmetric and transitive on mixed names', () => {
    const parts = ['', '0', '1', '01', '10', '9', 'a', 'b', '00'];
    const names = parts.flatMap((a) => parts.flatMap((b) => parts.map((c) => a + b + c)));
    const sorted = [...new Set(names)].sort(naturalOrder);
    for (let i = 0; i < sorted.length; i += 7) {
      for (let j = i + 1; j < sorted.length; j += 5) {
        expect(naturalOrder(sorted[i]!, sorted[j]!)).toBeLessThan(0);
        expect(naturalOrder(sorted[j]!, sorted[i]!)).toBeGreaterThan(0);
      }
    }
  });
});
