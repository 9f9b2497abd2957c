import { SslError } from '../errors.js';
import type { Schedule } from './schedule.js';

export interface SequencePart {
  readonly schedule: Schedule;
  /** Length in steps; the last part takes what is left of the run. */
  readonly steps?: number;
}

/**
 * One schedule after the other. Each part counts its steps from 0 and takes its own length for the length of the run.
 * PyTorch's `SequentialLR`.
 *
 * @throws SslError when a part but the last has no length.
 * @example sequence([{ schedule: linearRamp(0, 1), steps: 10 }, { schedule: cosine(1, 0) }])(10, 110) // 1
 */
export function sequence(parts: readonly SequencePart[]): Schedule {
  const open = parts.slice(0, -1).findIndex((part) => part.steps === undefined);
  if (parts.length === 0 || open >= 0) {
    throw new SslError(
      `sequence needs at least one part and the length in steps of all parts but the last, got ${parts.length} parts` +
        `${open < 0 ? '' : `, part ${open} without a length`}. Give { schedule, steps }.`,
      { from: '@ssl/core' },
    );
  }
  return (step, totalSteps) => {
    let start = 0;
    for (const [index, { schedule, steps }] of parts.entries()) {
      const length = steps ?? Math.max(0, totalSteps - start);
      if (step < start + length || index === parts.length - 1) return schedule(step - start, length);
      start += length;
    }
    throw new Error('unreachable');
  };
}
