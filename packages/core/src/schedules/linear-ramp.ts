import type { Schedule } from './schedule.js';

/**
 * A straight line: `from + (to - from) * step / steps`, and `to` from then on. PyTorch's `LinearLR`.
 *
 * @param steps Length of the line in steps, from 1; the whole run if left out.
 * @example linearRamp(0, 1)(25, 100) // 0.25
 */
export function linearRamp(from: number, to: number, steps?: number): Schedule {
  return (step, totalSteps) => from + (to - from) * Math.min(1, step / Math.max(1, steps ?? totalSteps));
}
