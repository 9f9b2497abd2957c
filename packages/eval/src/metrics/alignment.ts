import { SslError } from '@ssl/core';
import { unitRows } from '../features/unit-rows.js';
import type { Features } from '../features/features.js';

export interface AlignmentOptions {
  /** Exponent of the distance. */
  readonly alpha?: number;
}

export const alignmentDefaults = { alpha: 2 } as const satisfies AlignmentOptions;

/**
 * How far apart two views of one image lie on the unit sphere; lower is better, 0 is perfect (or a collapse: see {@link uniformity}).
 *
 * `mean over pairs of ||x / ||x|| - y / ||y|| || ** alpha`.
 *
 * @param a Features of one view of each image, `[count, dimension]`.
 * @param b Features of another view of the same images, in the same order.
 * @throws SslError where the sizes differ, or for rows without direction or with NaN (named).
 * @see Wang and Isola 2020, "Understanding Contrastive Representation Learning through Alignment and Uniformity on the Hypersphere", section 4.1.
 */
export function alignment(a: Features, b: Features, options: AlignmentOptions = {}): number {
  const { alpha } = { ...alignmentDefaults, ...options };
  if (a.count !== b.count || a.dimension !== b.dimension) {
    throw new SslError(
      `alignment needs two views of the same images, got [${String(a.count)}, ${String(a.dimension)}] and [${String(b.count)}, ${String(b.dimension)}]. ` +
        'Embed both views of every image, in the same order.',
      { from: '@ssl/eval' },
    );
  }
  const x = unitRows(a).values;
  const y = unitRows(b).values;
  let total = 0;
  for (let row = 0; row < a.count; row++) {
    let squared = 0;
    for (let i = row * a.dimension; i < (row + 1) * a.dimension; i++) squared += (x[i]! - y[i]!) ** 2;
    total += squared ** (alpha / 2);
  }
  return total / a.count;
}
