import type { Output } from '../progress/output.js';
import { bestMarks } from './best-marks.js';
import { ceilingLines } from './ceiling-lines.js';
import type { Comparison } from './compare-features.js';

/** The table of a comparison, for a terminal or a pipe. The best rows are marked, whoever wins. */
export function resultsTable(comparison: Comparison, output: Output): string {
  const { rows, protocol } = comparison;
  const marks = bestMarks(rows.map(({ majority }) => majority.accuracy));
  const width = Math.max(...rows.map(({ name }) => name.length), 'Features'.length);
  const figure = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(10);
  const line = (name: string, cells: readonly string[]): string => `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(16)).join('')}`;
  const header = line('Features', ['accuracy', 'macro accuracy', 'k = 20 weighted']);
  return [
    `Classified by ${protocol}:`,
    output.dim(header),
    ...rows.map(({ name, majority, weighted }, i) => {
      const text = line(name, [majority.accuracy, majority.macroAccuracy, weighted.accuracy].map(figure));
      return marks[i] === '' ? text : output.bold(`${text}  ${marks[i]!}`);
    }),
    ...ceilingLines(comparison).map((text) => output.dim(`  ${text}`)),
  ].join('\n');
}
