import { expect, test } from 'vitest';
import { resultsSection, verdict } from './results-section.js';

const rows = [
  { name: 'Raw pixels', values: [0.566] },
  { name: 'HOG', values: [0.63] },
  { name: 'Trained', values: [0.596], ours: true },
];
const results = { protocol: 'kNN', figures: ['Accuracy'], rows };

test('says plainly that a baseline won, and what was beaten', () => {
  expect(verdict(results)).toBe('HOG is best: accuracy 63.0 %. Trained reaches 59.6 %, 3.4 points below it, and beats Raw pixels.');
  const worst = { ...results, rows: [...rows.slice(0, 2), { name: 'Trained', values: [0.5], ours: true }] };
  expect(verdict(worst)).toMatch(/13\.0 points below it, and beats none of the others\.$/);
});

test('says by how much the run won', () => {
  const won = { ...results, rows: [...rows.slice(0, 2), { name: 'Trained', values: [0.7], ours: true }] };
  expect(verdict(won)).toBe('Trained is best: accuracy 70.0 %, 7.0 points above HOG.');
});

test('needs no run of ours, and no rows', () => {
  expect(verdict({ ...results, rows: rows.slice(0, 2) })).toBe('HOG is best: accuracy 63.0 %.');
  expect(verdict({ ...results, rows: [] })).toBe('');
});

test('marks the best row, whoever it is, and the run', () => {
  const page = resultsSection(results).markup;
  expect(page.match(/badge best/g)).toHaveLength(1);
  expect(page).toMatch(/HOG<span class="badge best">/);
  expect(page).toMatch(/Trained<span class="badge ours">/);
});

test('equal figures are level, whoever stands first', () => {
  const rows = (values: number[]) => values.map((value, i) => ({ name: ['Raw pixels', 'HOG', 'Trained'][i]!, values: [value], ...(i === 2 ? { ours: true } : {}) }));
  const of = (values: number[]) => ({ protocol: '', figures: ['Accuracy'], rows: rows(values) });
  expect(verdict(of([0.5, 0.3, 0.50001]))).toBe('Raw pixels and Trained are level and best: accuracy 50.0 %.');
  expect(verdict(of([0.25, 0.25, 0.25]))).toBe('All are level: accuracy 25.0 %.');
  const badges = (values: number[]) => resultsSection(of(values)).markup.split('badge best').length - 1;
  expect([[0.5, 0.3, 0.5], [0.25, 0.25, 0.25], [0.1, 0.2, 0.3]].map(badges)).toEqual([2, 0, 1]);
});
