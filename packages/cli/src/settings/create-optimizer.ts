import { adamw, lars, peakOfSchedule, sgd, type ClipNorm, type Optimizer, type Recipe, type Schedule } from '@ssl/core';
import type { SslConfig } from '../config/config-schema.js';

export interface Optimisation {
  readonly optimizer: Optimizer;
  readonly learningRate: Schedule;
  readonly weightDecay: number | Schedule;
  readonly clipNorm?: number | ClipNorm;
}

/** The method's recipe with what the user changed. Another learning rate scales the schedule; its shape stays. */
export function createOptimizer(recipe: Recipe, given: SslConfig['optimizer'], totalSteps: number): Optimisation {
  const name = given?.name ?? recipe.optimizer;
  const options = name === recipe.optimizer ? recipe.optimizerOptions : undefined; // another optimizer has other options
  // Another limit keeps the recipe's way: over all parameters, or each on its own.
  const clipNorm = given?.clipNorm !== undefined && typeof recipe.clipNorm === 'object' ? { ...recipe.clipNorm, limit: given.clipNorm } : (given?.clipNorm ?? recipe.clipNorm);
  return {
    optimizer: { sgd, adamw, lars }[name](options),
    learningRate: given?.learningRate === undefined ? recipe.learningRate : scaled(recipe.learningRate, given.learningRate, totalSteps),
    weightDecay: given?.weightDecay ?? recipe.weightDecay,
    ...(clipNorm === undefined ? {} : { clipNorm }),
  };
}

function scaled(schedule: Schedule, highest: number, totalSteps: number): Schedule {
  const factor = highest / peakOfSchedule(schedule, totalSteps);
  return (step, steps) => factor * schedule(step, steps);
}
