import { expect, it } from 'vitest';
import { suggest } from './suggest.js';

it('finds the nearest word, and none where none is near', () => {
  const words = ['emoji', 'mnist', 'fashion-mnist', 'cifar10'];
  expect(['emojii', 'EMOJ', 'fasion-mnist', 'cifra10', 'mnits'].map((typed) => suggest(typed, words))).toEqual([
    'emoji', 'emoji', 'fashion-mnist', 'cifar10', undefined,
  ]);
  expect(suggest('photos', words)).toBeUndefined();
  expect(suggest('x', [])).toBeUndefined();
});
