import { SslError } from '../errors.js';
import { constant } from './constant.js';
import type { Schedule } from './schedule.js';

/** A number stands for the schedule that keeps it. Throws an `SslError` for numbers that are not finite. */
export function resolveSchedule(value: number | Schedule, name = 'a schedule'): Schedule {
  if (typeof value === 'function') return value;
  if (!Number.isFinite(value)) {
    throw new SslError(`${name} needs a finite number or a schedule, got ${value}. Give 0.1 or constant(0.1).`, {
      from: '@ssl/core',
    });
  }
  return constant(value);
}
