import { SslError } from '@ssl/core';
import type { Features } from './features.js';

/**
 * Checks sizes and that every number is finite.
 *
 * @throws SslError that names the first rows with NaN or infinity.
 */
export function checkFeatures(features: Features, what = 'features'): void {
  const { values, count, dimension } = features;
  if (!Number.isInteger(count) || !Number.isInteger(dimension) || count < 1 || dimension < 1 || values.length !== count * dimension) {
    throw new SslError(
      `${what} need count * dimension numbers, at least one of each; got count ${String(count)}, dimension ${String(dimension)} and ${String(values.length)} numbers. ` +
        'Check how the rows were put together.',
      { from: '@ssl/eval' },
    );
  }
  const broken: number[] = [];
  for (let row = 0; row < count; row++) {
    for (let i = row * dimension; i < (row + 1) * dimension; i++) {
      if (!Number.isFinite(values[i])) {
        broken.push(row);
        break;
      }
    }
  }
  if (broken.length > 0) {
    throw new SslError(
      `${what} must be finite numbers; NaN or infinity in ${nameRows(broken, count)}. ` +
        'Look at these images, and at the training loss: a network that diverged embeds everything as NaN.',
      { from: '@ssl/eval' },
    );
  }
}

/** 'row 3', 'rows 3, 7, 9' or 'rows 3, 7, 9, … (120 of 500)'. */
export function nameRows(rows: readonly number[], count: number, shown = 10): string {
  const list = rows.slice(0, shown).join(', ');
  if (rows.length > shown) return `rows ${list}, … (${String(rows.length)} of ${String(count)})`;
  return `${rows.length === 1 ? 'row' : 'rows'} ${list}`;
}
