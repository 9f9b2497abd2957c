import type { TrainOptions } from '@ssl/core';
import { createOptimizer, type Optimisation } from '../settings/create-optimizer.js';
import type { BuiltRun } from './build-run.js';

/** What `train` is told about a run, whoever trains it: the user, a search, or a measurement. */
export function trainingOfRun({ method, views, recipe, description }: BuiltRun): Pick<TrainOptions, 'method' | 'views' | 'accumulate' | 'precision'> & Optimisation & { readonly epochs: number } {
  const { optimizer, totalSteps, epochs, accumulate, precision } = description;
  return { method, views, ...createOptimizer(recipe, optimizer, totalSteps), epochs, accumulate, precision };
}
