/**
 * Exponential moving average over about a fortieth of the points, without the pull of the first value towards zero; gaps stay gaps.
 *
 * `m_i = (1 - a) m_(i-1) + a y_i`, divided by `1 - (1 - a) ** i`.
 */
export function movingAverage(points: readonly [number, number | null][]): [number, number | null][] {
  const share = Math.min(1, 40 / points.length);
  let mean = 0;
  let weight = 0;
  return points.map(([step, value]) => {
    if (value === null || !Number.isFinite(value)) return [step, null];
    mean = (1 - share) * mean + share * value;
    weight = (1 - share) * weight + share;
    return [step, mean / weight];
  });
}
