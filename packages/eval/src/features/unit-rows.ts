import { SslError } from '@ssl/core';
import { checkFeatures, nameRows } from './check-features.js';
import type { Features } from './features.js';

/** Mean of each column, `[dimension]`, added up in double precision. */
export function columnMeans({ values, count, dimension }: Features): Float64Array {
  const means = new Float64Array(dimension);
  for (let row = 0, i = 0; row < count; row++) {
    for (let column = 0; column < dimension; column++) means[column]! += values[i++]!;
  }
  return means.map((sum) => sum / count);
}

/** Below this part of the centre's length a difference from it is rounding. */
const rounding = 1e-12;

/** Rows that are zero, or equal to the centre: their cosine is not defined. */
export function directionless({ values, count, dimension }: Features, centre?: Float64Array): number[] {
  const least = rounding ** 2 * (centre?.reduce((sum, value) => sum + value * value, 0) ?? 0);
  const rows: number[] = [];
  for (let row = 0; row < count; row++) {
    let squared = 0;
    for (let i = 0; i < dimension; i++) squared += (values[row * dimension + i]! - (centre?.[i] ?? 0)) ** 2;
    if (squared <= least) rows.push(row);
  }
  return rows;
}

/**
 * Rows of length one, after an optional centre was subtracted: `x' = (x - c) / ||x - c||`.
 *
 * @param centre `[dimension]`, for instance {@link columnMeans} of the bank; left out: no centring.
 * @throws SslError that names the rows whose direction is not defined (all zero) or that are not finite.
 */
export function unitRows(features: Features, centre?: Float64Array, what = 'features'): Features {
  checkFeatures(features, what);
  const { values, count, dimension } = features;
  const unit = new Float32Array(values.length);
  const zero = directionless(features, centre);
  for (let row = 0; row < count; row++) {
    const start = row * dimension;
    let squared = 0;
    for (let column = 0; column < dimension; column++) {
      const value = values[start + column]! - (centre?.[column] ?? 0);
      squared += value * value;
    }
    const scale = 1 / Math.sqrt(squared);
    for (let column = 0; column < dimension; column++) {
      unit[start + column] = (values[start + column]! - (centre?.[column] ?? 0)) * scale;
    }
  }
  if (zero.length > 0) {
    throw new SslError(
      `${what} need a direction, so that the cosine is defined; ${nameRows(zero, count)} ${zero.length === 1 ? 'is' : 'are'} all zero${centre ? ' after centring' : ''}. ` +
        'Leave these images out, or look for a network that collapsed to zero.',
      { from: '@ssl/eval' },
    );
  }
  return { values: unit, count, dimension };
}
