import { childSeed } from '@ssl/core';

/** All rows in an order that depends on the seed alone. */
export function shuffledRows(count: number, seed: number): Int32Array {
  const keys = Float64Array.from({ length: count }, (_, row) => childSeed(seed, row));
  return Int32Array.from({ length: count }, (_, row) => row).sort((a, b) => keys[a]! - keys[b]!);
}
