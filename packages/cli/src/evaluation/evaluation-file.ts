import { dirname } from 'node:path';
import type { Output } from '../progress/output.js';
import { writeJson, type RunFolder } from '../run/run-folder.js';
import type { JudgedRow, JudgedSplit, LeftOutRow } from './judge-by-labels.js';

/** `evaluation.json` of a run: what the newest `ssl eval` found, also where it was ended before its end. */
export interface EvaluationFile {
  readonly split: (split: JudgedSplit) => void;
  readonly row: (row: JudgedRow) => void;
  readonly leftOut: (row: LeftOutRow) => void;
  /** Writes what is known; the other calls do so themselves. */
  readonly write: () => void;
}

/**
 * Keeps `evaluation.json` up to each finding. Weights outside a run have no folder, and nothing is written of them; a folder that cannot be
 * written costs the file, never the evaluation.
 *
 * @param found What is known before labels are learned from.
 */
export function evaluationFile({ checkpoints, evaluation }: RunFolder, found: Readonly<Record<string, unknown>> & { readonly checkpoint: string }, output: Pick<Output, 'warn'>): EvaluationFile {
  let known: Record<string, unknown> = { format: 'ssl-evaluation/1', ...found };
  let writable = dirname(found.checkpoint) === checkpoints;
  const rows: JudgedRow[] = [];
  const leftOut: LeftOutRow[] = [];
  const write = (): void => {
    if (!writable) return;
    try {
      writeJson(evaluation, known);
    } catch (error) {
      writable = false;
      output.warn(`Note: evaluation.json could not be written (${(error as Error).message}); the figures are printed alone.`);
    }
  };
  const judged = (split: JudgedSplit | undefined): void => {
    known = { ...known, judged: { ...(known.judged as object | undefined), ...split, rows, leftOut } };
    write();
  };
  return {
    split: judged,
    row: (row) => {
      rows.push(row);
      judged(undefined);
    },
    leftOut: (row) => {
      leftOut.push(row);
      judged(undefined);
    },
    write,
  };
}
