import type { Schedule } from './schedule.js';

export interface StepDecayOptions {
  /** Value before the first milestone. */
  readonly start: number;
  /** Steps at which the value falls, ascending. */
  readonly milestones: readonly number[];
  /** Factor at each milestone. Default 0.1. */
  readonly factor?: number;
}

/**
 * `start * factor^(milestones passed)`; a milestone counts from its own step on. PyTorch's `MultiStepLR`.
 *
 * @example stepDecay({ start: 0.03, milestones: [120, 160] })(130, 200) // 0.003
 */
export function stepDecay({ start, milestones, factor = 0.1 }: StepDecayOptions): Schedule {
  return (now) => start * factor ** milestones.filter((milestone) => now >= milestone).length;
}
