import type { Schedule } from './schedule.js';

/** The highest value of a schedule over a run. */
export function peakOfSchedule(schedule: Schedule, totalSteps: number): number {
  let peak = schedule(0, totalSteps);
  for (let step = 1; step < totalSteps; step++) peak = Math.max(peak, schedule(step, totalSteps));
  return peak;
}
