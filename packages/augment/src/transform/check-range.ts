import { SslError } from '@ssl/core';

/** Throws unless `[low, high]` is a range that lies in `allowed`, both ends included. */
export function checkRange(
  transform: string,
  option: string,
  [low, high]: readonly [number, number],
  allowed: readonly [number, number],
): void {
  if (low <= high && low >= allowed[0] && high <= allowed[1]) return;
  throw new SslError(
    `${transform} needs ${option} as [low, high] with ${describe(allowed[0])} ≤ low ≤ high ≤ ${String(allowed[1])}, ` +
      `got [${String(low)}, ${String(high)}]. Correct the option.`,
    { from: '@ssl/augment' },
  );
}

function describe(bound: number): string {
  return bound === Number.MIN_VALUE ? '(above) 0' : String(bound);
}
