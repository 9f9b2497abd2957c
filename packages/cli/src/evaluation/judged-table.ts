import type { Output } from '../progress/output.js';
import { percent, type Judged, type JudgedRow, type LabelProtocol } from './judge-by-labels.js';

const names: Readonly<Record<LabelProtocol, string>> = {
  knn: 'kNN (k = 20, weighted)',
  linear: 'Linear layer',
  mlp: 'MLP',
  'few-shot': 'Nearest class mean',
  finetune: 'Fine-tuned',
};

/** The table of the protocols that learn from labels, for a terminal or a pipe. */
export function judgedTable({ rows, train, test, classes }: Judged, output: Output): string {
  const width = Math.max(...rows.map(({ protocol }) => names[protocol].length), 'Protocol'.length);
  const line = (name: string, labels: string, cells: readonly string[]): string => `  ${name.padEnd(width)}${labels.padStart(14)}${cells.map((cell) => cell.padStart(16)).join('')}`;
  const imported = rows.some((row) => row.imported !== undefined);
  return [
    `Learned from labels of ${String(train)} images, tested on ${String(test)} others of ${String(classes)} classes:`,
    output.dim(line('Protocol', 'labels', ['accuracy', 'macro accuracy', 'untrained', 'gain', ...(imported ? ['before', 'gain'] : [])])),
    ...rows.map((row) => line(names[row.protocol], labelsOf(row), [figure(row.accuracy), figure(row.macroAccuracy), ...beside(row.accuracy, row.untrained), ...(row.imported === undefined ? [] : beside(row.accuracy, row.imported))])),
    output.dim('  Untrained: the same network before training, frozen; in the lines of fine-tuning trained from scratch with as many steps.'),
    ...(imported ? [output.dim('  Before: the weights that the run started from, in the same way.')] : []),
  ].join('\n');
}

function labelsOf({ labels }: JudgedRow): string {
  return 'share' in labels ? percent(labels.share) : `${String(labels.shots)} a class`;
}

function figure(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function beside(accuracy: number, other: { readonly accuracy: number }): string[] {
  const gain = 100 * (accuracy - other.accuracy);
  return [figure(other.accuracy), `${gain < 0 ? '' : '+'}${gain.toFixed(1)}`];
}
