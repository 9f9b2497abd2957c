import type { Output } from '../progress/output.js';
import type { Comparison } from './compare-features.js';

/** The table of a comparison, for a terminal or a pipe. The best row is marked, whoever wins. */
export function resultsTable({ rows, protocol }: Comparison, output: Output): string {
  const best = Math.max(...rows.map(({ majority }) => majority.accuracy));
  const width = Math.max(...rows.map(({ name }) => name.length), 'Features'.length);
  const figure = (value: number): string => `${(100 * value).toFixed(1)} %`.padStart(10);
  const line = (name: string, cells: readonly string[], mark = ''): string => `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(16)).join('')}${mark}`;
  const header = line('Features', ['accuracy', 'macro accuracy', 'k = 20 weighted']);
  return [
    `Classified by ${protocol}:`,
    output.dim(header),
    ...rows.map(({ name, majority, weighted }) => {
      const first = majority.accuracy === best;
      const text = line(name, [majority.accuracy, majority.macroAccuracy, weighted.accuracy].map(figure), first ? '  < best' : '');
      return first ? output.bold(text) : text;
    }),
  ].join('\n');
}
