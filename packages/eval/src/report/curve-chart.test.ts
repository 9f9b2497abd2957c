import { expect, test } from 'vitest';
import { compactNumber, curveChart } from './curve-chart.js';
import { html } from './html.js';
import { movingAverage } from './moving-average.js';
import { flatten } from './sections.js';

test('a curve is drawn with the colours of the page, without fixed size or style of its own', () => {
  const svg = curveChart({ name: 'Loss', steps: [0, 10, 20], values: [3, 2, 1], references: [{ name: 'chance', value: 2.5 }] }).markup;
  expect(svg).toMatch(/^<svg role="img" xmlns/);
  expect(svg).toContain('stroke="var(--accent)"');
  expect(svg).toContain('>chance</text>');
  expect(svg).not.toContain('<style');
});

test.each([
  ['one point', [5], [1]],
  ['no point', [], []],
  ['only gaps', [1, 2], [null, null]],
  ['one value throughout', [1, 2], [4, 4]],
])('%s can be drawn', (_, steps, values) => {
  expect(curveChart({ name: 'x', steps, values }).markup).not.toMatch(/NaN|Infinity/);
});

test('numbers on an axis are short', () => {
  expect([0, 1, 0.25, 12500, 2_200_000, 0.00002, 0.000512].map(compactNumber)).toEqual(['0', '1', '0.25', '12.5K', '2.2M', '2e-5', '5.12e-4']);
});

test('a moving average follows a straight line to its ends and skips gaps', () => {
  const line = Array.from({ length: 200 }, (_, i): [number, number | null] => [i, 3 * i]);
  movingAverage(line).forEach(([step, mean]) => expect(mean).toBeCloseTo(3 * step, 9));
  expect(movingAverage([[0, 1], [1, null], [2, 3], [3, Number.NaN], [4, 5]])).toEqual([[0, 1], [1, null], [2, 3], [3, null], [4, 5]]);
});

test('templates escape values, join lists and keep markup', () => {
  expect(html`<i title="${`"'`}">${[html`<b>${'<'}</b>`, '&', 0]}${null}${undefined}${false}</i>`.markup).toBe('<i title="&quot;&#39;"><b>&lt;</b>&amp;0</i>');
});

test('settings become dotted paths', () => {
  expect(flatten({ a: { b: 1, c: [1, 2] }, d: null, e: [{ f: true }], g: {} })).toEqual([['a.b', '1'], ['a.c', '1, 2'], ['d', 'null'], ['e.0.f', 'true']]);
});
