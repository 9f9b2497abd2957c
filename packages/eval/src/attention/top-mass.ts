import { SslError } from '@ssl/core';

/**
 * The fewest entries that together hold a share of the sum: DINO's thresholded attention.
 *
 * @param weights Not negative.
 * @param share From above 0 to 1.
 * @returns 1 where an entry is one of them, 0 elsewhere; of equal entries the earlier ones first.
 * @throws SslError for a share out of range.
 * @example
 * topMass([0.5, 0.1, 0.3, 0.1], 0.6); // [1, 0, 1, 0]
 */
export function topMass(weights: ArrayLike<number>, share: number): Uint8Array {
  if (!(share > 0 && share <= 1)) throw new SslError(`a share of the attention must be above 0 and at most 1, got ${String(share)}. DINO draws 0.6.`, { from: '@ssl/eval' });
  const order = Array.from({ length: weights.length }, (_, i) => i).sort((a, b) => weights[b]! - weights[a]!);
  const wanted = share * order.reduce((sum, i) => sum + weights[i]!, 0);
  const kept = new Uint8Array(weights.length);
  let mass = 0;
  for (const i of order) {
    if (mass >= wanted) break;
    kept[i] = 1;
    mass += weights[i]!;
  }
  return kept;
}
