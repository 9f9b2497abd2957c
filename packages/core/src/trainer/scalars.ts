import * as tf from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { resolveSchedule } from '../schedules/resolve-schedule.js';
import type { Schedule } from '../schedules/schedule.js';
import { trainDefaults, type TrainOptions } from './train-options.js';
import type { StepScalars } from './train-state.js';

/** What the schedules say at a step: as tensors for the compiled step, and as numbers for the hooks. */
export type ScalarsAt = (step: number) => {
  readonly tensors: StepScalars;
  readonly numbers: { readonly learningRate: number; readonly weightDecay: number };
};

/** Resolves the schedules of a run. Throws an `SslError` where one gives something else than a finite number in any step. */
export function resolveScalars({ learningRate, weightDecay, method }: TrainOptions, totalSteps: number): ScalarsAt {
  const rate = resolveSchedule(learningRate, 'learningRate');
  const decay = resolveSchedule(weightDecay ?? trainDefaults.weightDecay, 'weightDecay');
  const peak = highest('learningRate', rate, totalSteps);
  highest('weightDecay', decay, totalSteps);
  for (const [name, schedule] of Object.entries(method.schedules)) highest(`schedule '${name}'`, schedule, totalSteps);
  return (step) => {
    const numbers = { learningRate: rate(step, totalSteps), weightDecay: decay(step, totalSteps) };
    const schedules = Object.entries(method.schedules).map(
      ([name, schedule]) => [name, tf.scalar(schedule(step, totalSteps))] as const,
    );
    const tensors: StepScalars = {
      step: tf.scalar(step),
      learningRate: tf.scalar(numbers.learningRate),
      peakLearningRate: tf.scalar(peak),
      weightDecay: tf.scalar(numbers.weightDecay),
      schedules: Object.fromEntries(schedules),
    };
    return { tensors, numbers };
  };
}

/** Highest value of a schedule; looks at every step of the run, so that a bad one is known before the first. */
function highest(name: string, schedule: Schedule, totalSteps: number): number {
  let peak = -Infinity;
  for (let step = 0; step < totalSteps; step++) {
    const value = schedule(step, totalSteps);
    if (!Number.isFinite(value)) {
      throw new SslError(
        `${name} needs a finite value in every step, got ${value} in step ${step} of ${totalSteps}. Correct its schedule.`,
        { from: '@ssl/core' },
      );
    }
    peak = Math.max(peak, value);
  }
  return peak;
}
