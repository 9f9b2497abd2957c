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

  it('keeps random names too in little more than their bytes, and no object for each: two million of them', () => {
    const count = 2_000_000;
    const table = new NameTable();
    let state = 1;
    const name = (): string => {
      let text = '';
      for (let k = 0; k < 4; k += 1) text += ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0)).toString(16).padStart(8, '0');
      return `${text}.jpg`; // 36 bytes, without a common beginning
    };
    const first = name();
    table.push(first);
    for (let k = 1; k < count; k += 1) table.push(name());
    table.shrink();
    expect(table.length).toBe(count);
    expect(table.at(0)).toBe(first);
    expect(table.memory / count).toBeLessThan(40);
  });

  it('refuses a position that is not there', () => {
    const table = new NameTable();
    table.push('a');
    for (const position of [-1, 1, Number.NaN]) expect(() => table.at(position)).toThrow(RangeError);
  });
});
