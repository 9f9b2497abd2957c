import type { Schedule } from './schedule.js';

/**
 * Half a cosine wave: `to + (from - to) * (1 + cos(pi * step / steps)) / 2`, and `to` from then on.
 * PyTorch's `CosineAnnealingLR`; with (0.996, 1) the teacher momentum of BYOL and DINO.
 *
 * @param steps Length of the wave in steps, from 1; the whole run if left out. `to` is reached at `step = steps`, one step
 *   after the last one of a run (lightly reaches it in the last one).
 * @example cosine(1, 0)(50, 100) // 0.5
 */
export function cosine(from: number, to: number, steps?: number): Schedule {
  return (step, totalSteps) => {
    const progress = Math.min(1, step / Math.max(1, steps ?? totalSteps));
    return to + ((from - to) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}
