import type { Schedule } from './schedule.js';

/**
 * The same value at every step.
 *
 * @example constant(0.1)(7, 100) // 0.1
 */
export function constant(value: number): Schedule {
  return () => value;
}
