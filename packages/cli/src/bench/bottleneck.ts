import type { RunSpeed } from './measure-run.js';

/** What can limit a training run. */
export const limits = ['compute', 'memory bandwidth', 'loading', 'augmentation'] as const;
export type Limit = (typeof limits)[number];

/**
 * Images a second to expect, and what limits them. Loading runs beside the steps, so the slower of the two counts;
 * within a step augmentation counts where it takes half of it, then compute where the products alone would take half
 * at the speed measured for products.
 *
 * @param computeShare Part of the step that its matrix products and convolutions would take at full speed.
 */
export function bottleneck({ step, augmentation, loading }: RunSpeed, computeShare: number): { imagesPerSecond: number; limit: Limit } {
  const imagesPerSecond = Math.min(step, loading);
  if (loading < step) return { imagesPerSecond, limit: 'loading' };
  if (step / augmentation >= 0.5) return { imagesPerSecond, limit: 'augmentation' };
  return { imagesPerSecond, limit: computeShare >= 0.5 ? 'compute' : 'memory bandwidth' };
}
