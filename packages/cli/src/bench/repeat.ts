/** Median seconds of a call: one call to warm up, then calls until the time is over, three at least. */
export async function medianSeconds(call: () => Promise<void>, budgetSeconds: number): Promise<number> {
  await call();
  const taken: number[] = [];
  const start = performance.now();
  while (taken.length < 3 || (performance.now() - start) / 1000 < budgetSeconds) {
    const began = performance.now();
    await call();
    taken.push((performance.now() - began) / 1000);
  }
  return median(taken);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
