import { foldIn, SslError } from '@ssl/core';
import { drawOperation } from './draw-operation.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { randAugmentMagnitudes } from './magnitudes.js';
import { applyOperations, type OperationParameters, type OperationsOptions } from './operations.js';
import type { Transform } from '../transform/transform.js';

export interface RandAugmentOptions extends Pick<OperationsOptions, 'sampling' | 'fill'> {
  /** How many operations one after another. */
  readonly operations?: number;
  /** Place in the table of magnitudes, 0 to `bins - 1`. */
  readonly magnitude?: number;
  /** Length of the table of magnitudes. */
  readonly bins?: number;
}

/** torchvision's defaults: two operations, magnitude 9 of 0 to 30. */
export const randAugmentDefaults = { operations: 2, magnitude: 9, bins: 31 } as const satisfies RandAugmentOptions;

/** Parameters of operations that run one after another, '0' first. */
export type StepsParameters = Readonly<Record<string, OperationParameters>>;

/**
 * A number of operations, each drawn from the 14 of the table with equal chances, all at one magnitude with a random sign:
 * torchvision's `RandAugment`, drawn for each image.
 *
 * @throws SslError for a magnitude outside of the table.
 * Cubuk et al. 2019, arXiv:1909.13719.
 */
export function randAugment(options: RandAugmentOptions = {}): Transform<StepsParameters> {
  const { operations, magnitude, bins } = { ...randAugmentDefaults, ...options };
  if (!Number.isInteger(magnitude) || magnitude < 0 || magnitude >= bins) {
    throw new SslError(
      `randAugment needs a whole magnitude from 0 to ${String(bins - 1)} (bins - 1), got ${String(magnitude)}. Choose one in that range.`,
      { from: '@ssl/augment' },
    );
  }
  const table = randAugmentMagnitudes(bins);
  const steps = Array.from({ length: operations }, (_, step) => String(step));
  return {
    name: 'randAugment',
    draw: ({ batch, key }) =>
      Object.fromEntries(
        steps.map((step) => {
          const uniforms = drawUniforms(batch, foldIn(key, step), { choice: [0, 1], magnitude: [0, 1], sign: [0, 1] });
          return [step, drawOperation(table, uniforms, magnitude)];
        }),
      ),
    apply: (planes, parameters) =>
      steps.reduce(
        (current, step) => applyOperations(current, parameters[step]!, { ...options, translation: 'share' }),
        planes,
      ),
  };
}
