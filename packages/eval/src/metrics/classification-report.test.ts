import { expect, test } from 'vitest';
import { reportClasses } from '../report/report-classes.js';
import { classificationReport } from './classification-report.js';

test('accuracy counts images, macro accuracy counts classes', () => {
  const report = classificationReport([0, 0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 0, -1], 4);
  expect(report.accuracy).toBeCloseTo(4 / 7, 12);
  expect(report.macroAccuracy).toBeCloseTo((3 / 4 + 1 / 2 + 0) / 3, 12);
  expect(report.confusion).toEqual([
    [3, 1, 0, 0],
    [1, 1, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ]);
  expect(report.classes[0]).toEqual({ label: 0, support: 4, recall: 0.75, precision: 0.75, f1: 0.75 });
  expect(report.classes[2]).toMatchObject({ support: 1, recall: 0, precision: Number.NaN, f1: 0 });
  expect(report.classes[3]).toMatchObject({ support: 0, recall: Number.NaN });
});

test('a class out of range and missing predictions are explained', () => {
  expect(() => classificationReport([0, 2], [0, 1], 2)).toThrow(/classes must be 0\.\.1, got label 2 and prediction 1 at row 1/);
  expect(() => classificationReport([0, 1], [0, 2], 2)).toThrow(/prediction 2 at row 1/);
  expect(() => classificationReport([0, 1], [0], 2)).toThrow(/got 2 labels and 1 predictions/);
});

test('as a section of a report, what cannot be divided is null, as in JSON', () => {
  const section = reportClasses('Trained', classificationReport([0, 0], [0, 1], 3), ['cat', 'dog']);
  expect(section.classes).toEqual([
    { name: 'cat', support: 2, recall: 0.5, precision: 1 },
    { name: 'dog', support: 0, recall: null, precision: 0 },
    { name: 'class 2', support: 0, recall: null, precision: null },
  ]);
  expect(JSON.parse(JSON.stringify(section))).toEqual(section);
});
