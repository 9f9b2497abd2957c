import type { Output } from '../progress/output.js';
import { bestMarks } from './best-marks.js';
import type { RepresentationKey } from './compare-features.js';
import type { RunSummary } from './run-summary.js';

const names: Readonly<Record<RepresentationKey, string>> = {
  rawPixels: 'Raw pixels',
  colourHistogram: 'Colour histogram',
  hog: 'HOG',
  untrained: 'Same network, untrained',
  start: 'Before training',
  trained: 'Trained',
};

/** The table of a finished run, for a terminal or a pipe. The best rows are marked, whoever wins. */
export function summaryTable(knn: NonNullable<RunSummary['knn']>, output: Output): string {
  const rows = (Object.keys(names) as RepresentationKey[]).flatMap((key) => (knn[key] === undefined ? [] : [{ name: names[key], ...knn[key] }]));
  const marks = bestMarks(rows.map(({ accuracy }) => accuracy));
  const width = Math.max(...rows.map(({ name }) => name.length));
  const figure = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(16);
  return [
    output.dim(`  ${'Features'.padEnd(width)}${'accuracy'.padStart(16)}${'macro accuracy'.padStart(16)}`),
    ...rows.map(({ name, accuracy, macroAccuracy }, i) => {
      const text = `  ${name.padEnd(width)}${figure(accuracy)}${figure(macroAccuracy)}`;
      return marks[i] === '' ? text : output.bold(`${text}  ${marks[i]!}`);
    }),
  ].join('\n');
}
