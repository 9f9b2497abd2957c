import type { Output } from '../progress/output.js';
import { percent, type Judged, type JudgedRow, type JudgedSplit, type LabelProtocol, type LeftOutRow } from './judge-by-labels.js';

const names: Readonly<Record<LabelProtocol, string>> = {
  knn: 'kNN (k = 20, weighted)',
  linear: 'Linear layer',
  mlp: 'MLP',
  'few-shot': 'Nearest class mean',
  finetune: 'Fine-tuned',
};

/** The table of the protocols that learn from labels, line by line, so that each can be shown when it is ready. */
export interface JudgedLines {
  readonly head: (split: JudgedSplit) => string;
  readonly row: (row: JudgedRow) => string;
  readonly leftOut: (row: LeftOutRow) => string;
  readonly foot: () => string;
}

/** @param imported Whether the weights that the run started from are judged too. */
export function judgedLines(protocols: readonly LabelProtocol[], imported: boolean, output: Output): JudgedLines {
  const width = Math.max(...protocols.map((protocol) => names[protocol].length), 'Protocol'.length);
  const line = (name: string, labels: string, cells: readonly string[]): string => `  ${name.padEnd(width)}${labels.padStart(18)}${cells.map((cell) => cell.padStart(16)).join('')}`;
  return {
    head: ({ train, test, classes, untested }) =>
      [
        `Learned from labels of ${String(train)} images, tested on ${String(test)} others of ${String(classes)} classes${untested === 0 ? '' : ` (${String(untested)} of them too small to be tested)`}:`,
        output.dim(line('Protocol', 'labels (images)', ['accuracy', 'macro accuracy', 'untrained', 'gain', ...(imported ? ['before', 'gain'] : [])])),
      ].join('\n'),
    row: (row) => line(names[row.protocol], `${labelsOf(row)} (${String(row.images)})`, [figure(row.accuracy), figure(row.macroAccuracy), ...beside(row.accuracy, row.untrained), ...(row.imported === undefined ? [] : beside(row.accuracy, row.imported))]),
    leftOut: ({ protocol, labels, reason }) => `  Left out: ${protocol === undefined ? '' : `${names[protocol]}, `}${labelsOf({ labels })}: ${reason}`,
    foot: () =>
      [
        output.dim('  Untrained: the same network before training, frozen; in the lines of fine-tuning trained from scratch with as many steps.'),
        ...(imported ? [output.dim('  Before: the weights that the run started from, in the same way.')] : []),
      ].join('\n'),
  };
}

/** The whole table, for a terminal or a pipe. */
export function judgedTable(judged: Judged, output: Output): string {
  const { rows, leftOut } = judged;
  const lines = judgedLines(rows.map(({ protocol }) => protocol), rows.some((row) => row.imported !== undefined), output);
  return [lines.head(judged), ...rows.map(lines.row), ...leftOut.map(lines.leftOut), lines.foot()].join('\n');
}

function labelsOf({ labels }: Pick<JudgedRow, 'labels'>): string {
  return 'share' in labels ? percent(labels.share) : `${String(labels.shots)} a class`;
}

function figure(value: number): string {
  return `${(100 * value).toFixed(1)} %`;
}

function beside(accuracy: number, other: { readonly accuracy: number }): string[] {
  const gain = 100 * (accuracy - other.accuracy);
  return [figure(other.accuracy), `${gain < 0 ? '' : '+'}${gain.toFixed(1)}`];
}
