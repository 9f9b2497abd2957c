import { expect, it } from 'vitest';
import { LabelNames } from './label-names.js';

function finished(...names: (string | undefined)[]) {
  const labels = new LabelNames();
  for (const name of names) labels.push(name);
  const { classes, labels: numbers } = labels.finish();
  return { classes, labels: numbers && [...numbers] };
}

it('numbers names in natural order, whatever the order of the images', () => {
  expect(finished('dog', undefined, 'cat10', 'cat9', 'dog')).toEqual({ classes: ['cat9', 'cat10', 'dog'], labels: [2, -1, 1, 0, 2] });
});

it('keeps whole numbers and fills gaps', () => {
  expect(finished('3', '0', '3')).toEqual({ classes: ['0', '1', '2', '3'], labels: [3, 0, 3] });
  expect(finished('01', '1').classes).toEqual(['01', '1']); // names, not numbers
});

it('gives nothing where there are no labels', () => {
  expect(finished(undefined, undefined)).toEqual({ classes: undefined, labels: undefined });
});
