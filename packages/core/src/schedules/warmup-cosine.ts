import { cosine } from './cosine.js';
import { linearRamp } from './linear-ramp.js';
import type { Schedule } from './schedule.js';

export interface WarmupCosineOptions {
  /** Highest value, reached at `step = warmupSteps`. */
  readonly peak: number;
  /** Length of the warm-up in steps; 0 for none. */
  readonly warmupSteps: number;
  /** Value at step 0 of the warm-up. Default 0, as in SimCLR's and MoCo v3's code; SwAV starts at 0.3. */
  readonly start?: number;
  /** Value towards which the cosine falls. Default 0. */
  readonly end?: number;
}

/**
 * A straight line from `start` to `peak` over `warmupSteps`, then half a cosine wave from `peak` to `end` over the rest.
 * DINO's and lightly's warm-up reach the peak one step earlier.
 *
 * @example warmupCosine({ peak: 1, warmupSteps: 10 })(5, 110) // 0.5
 */
export function warmupCosine({ peak, warmupSteps, start = 0, end = 0 }: WarmupCosineOptions): Schedule {
  const warmup = linearRamp(start, peak, warmupSteps);
  const fall = cosine(peak, end);
  return (step, totalSteps) =>
    step < warmupSteps ? warmup(step, totalSteps) : fall(step - warmupSteps, totalSteps - warmupSteps);
}
