import { expect, it } from 'vitest';
import { isTitleOfNothing } from './title-of-nothing.ts';

it.each([
  ['a key that a record does not have', "'mae.pth' undefined"],
  ['an object', '[object Object] is refused'],
  ['a function', '() => (0,__vite_ssr_import_3__.adamw)({})'],
])('a template with %s gives one', (_, title) => {
  expect(isTitleOfNothing(title)).toBe(true);
});

it('other titles do not', () => {
  expect(isTitleOfNothing('a gradient of zero gives no NaN')).toBe(false);
});
