/**
 * Mean over a window of about a fortieth of the points around each: unlike a running mean it does not lag behind a falling loss.
 * The window shrinks towards both ends; gaps (null, NaN) stay gaps and do not count.
 */
export function movingAverage(points: readonly [number, number | null][]): [number, number | null][] {
  const reach = Math.max(1, Math.round(points.length / 80));
  const sums = [0];
  const counts = [0];
  for (const [, value] of points) {
    const real = value !== null && Number.isFinite(value);
    sums.push(sums.at(-1)! + (real ? value : 0));
    counts.push(counts.at(-1)! + (real ? 1 : 0));
  }
  return points.map(([step, value], i) => {
    if (value === null || !Number.isFinite(value)) return [step, null];
    const side = Math.min(reach, i, points.length - 1 - i);
    return [step, (sums[i + side + 1]! - sums[i - side]!) / (counts[i + side + 1]! - counts[i - side]!)];
  });
}
