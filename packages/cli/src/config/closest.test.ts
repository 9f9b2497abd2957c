import { expect, test } from 'vitest';
import { closest, didYouMean } from './closest.js';

test.each([
  ['epoch', 'epochs'],
  ['batch-size', 'batchSize'],
  ['BATCHSIZE', 'batchSize'],
  ['metod', 'method'],
])('%s was probably meant as %s', (word, expected) => {
  expect(closest(word, ['epochs', 'batchSize', 'method'])).toBe(expected);
});

test('xyz was meant as none of them', () => {
  expect(closest('xyz', ['epochs', 'batchSize', 'method'])).toBeUndefined();
});

test('the hint is a sentence or nothing', () => {
  expect(didYouMean('epoch', ['epochs'])).toBe(" Did you mean 'epochs'?");
  expect(didYouMean('epoch', [])).toBe('');
});
