import { describe, expect, it } from 'vitest';
import { formChange } from './trace-signature.js';

const form = (leaves: Readonly<Record<string, string>>): ReadonlyMap<string, string> => new Map(Object.entries(leaves));
const call = { precision: 'float32', 'state.w': 'float32[3,3]', 'views.0': 'float32[8,4,4,3]' };

describe('formChange', () => {
  it('names the leaves that are other ones, new or gone', () => {
    expect(formChange(form(call), form({ ...call, 'views.0': 'float32[6,4,4,3]' }))).toBe('views.0 was float32[8,4,4,3] and is float32[6,4,4,3]');
    expect(formChange(form(call), form({ ...call, labels: 'int32[8]' }))).toBe('labels (int32[8]) is new');
    expect(formChange(form({ ...call, labels: 'int32[8]' }), form(call))).toBe('labels (int32[8]) is gone');
    expect(formChange(form(call), form({ ...call, precision: 'bfloat16' }))).toBe('precision was float32 and is bfloat16');
  });

  it('names three of many', () => {
    const many = (size: number) => form(Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`w${i}`, `float32[${size}]`])));
    expect(formChange(many(2), many(3))).toMatch(/^w0 was .*, w1 was .*, w2 was float32\[2\] and is float32\[3\], and 6 more differ$/);
  });

  it('says so where only the structure differs', () => {
    expect(formChange(form(call), form(call))).toContain('put together in another way');
  });
});
