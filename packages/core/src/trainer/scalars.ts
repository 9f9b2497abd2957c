import * as tf from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { peakOfSchedule } from '../schedules/peak-of-schedule.js';
import { resolveSchedule } from '../schedules/resolve-schedule.js';
import { trainDefaults, type TrainOptions } from './train-options.js';
import type { StepScalars } from './train-state.js';

/** What the schedules say at a step: as tensors for the compiled step, and as numbers for the hooks. */
export type ScalarsAt = (step: number) => {
  readonly tensors: StepScalars;
  readonly numbers: { readonly learningRate: number; readonly weightDecay: number };
};

/** Resolves the schedules of a run. Throws an `SslError` for a value that is not a finite number. */
export function resolveScalars({ learningRate, weightDecay, method }: TrainOptions, totalSteps: number): ScalarsAt {
  const rate = resolveSchedule(learningRate, 'learningRate');
  const decay = resolveSchedule(weightDecay ?? trainDefaults.weightDecay, 'weightDecay');
  const peak = peakOfSchedule(rate, totalSteps);
  const valueAt = (name: string, schedule: typeof rate, step: number): number => {
    const value = schedule(step, totalSteps);
    if (Number.isFinite(value)) return value;
    throw new SslError(`${name} needs a finite value in every step, got ${value} in step ${step} of ${totalSteps}. Correct its schedule.`, {
      from: '@ssl/core',
    });
  };
  return (step) => {
    const numbers = { learningRate: valueAt('learningRate', rate, step), weightDecay: valueAt('weightDecay', decay, step) };
    const schedules = Object.entries(method.schedules).map(
      ([name, schedule]) => [name, tf.scalar(valueAt(`schedule '${name}'`, schedule, step))] as const,
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
