import { describe, expect, it } from 'vitest';
import { NameTable } from './name-table.js';

describe('NameTable', () => {
  it('gives back what was put in, bytes of any value and names of any length', () => {
    const names = Array.from({ length: 1000 }, (_, k) => {
      const length = k % 97 === 0 ? 3000 : (k * 31) % 40;
      return Array.from({ length }, (_, at) => String.fromCharCode((k * 7 + at * at * (k % 3)) % 256)).join('');
    });
    const table = new NameTable();
    for (const name of names) table.push(name);
    expect(names.map((_, at) => table.at(at))).toEqual(names);
    table.shrink();
    expect([999, 0, 500, 31, 32, 33].map((at) => table.at(at))).toEqual([999, 0, 500, 31, 32, 33].map((at) => names[at]));
  });

  it('takes a few bytes for each of a million numbered names', () => {
    const table = new NameTable();
    for (let k = 0; k < 1_000_000; k += 1) table.push(`ILSVRC2012_train_${String(k).padStart(8, '0')}.JPEG`);
    table.shrink();
    expect(table.at(765_432)).toBe('ILSVRC2012_train_00765432.JPEG');
    expect(table.memory / table.length).toBeLessThan(12);
  });

  it('refuses a position that is not there', () => {
    const table = new NameTable();
    table.push('a');
    for (const position of [-1, 1, Number.NaN]) expect(() => table.at(position)).toThrow(RangeError);
  });
});
