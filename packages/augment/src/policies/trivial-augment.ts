import { drawOperation } from './draw-operation.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { trivialAugmentMagnitudes } from './magnitudes.js';
import { applyOperations, type OperationParameters, type OperationsOptions } from './operations.js';
import type { Transform } from '../transform/transform.js';

export interface TrivialAugmentOptions extends Pick<OperationsOptions, 'sampling' | 'fill'> {
  /** Length of the table of magnitudes. */
  readonly bins?: number;
}

/** torchvision's default. */
export const trivialAugmentDefaults = { bins: 31 } as const satisfies TrivialAugmentOptions;

/**
 * One operation of the 14 of the wide table with equal chances, at a magnitude with equal chances: torchvision's
 * `TrivialAugmentWide`, drawn for each image. Müller and Hutter 2021, arXiv:2103.10158.
 */
export function trivialAugment(options: TrivialAugmentOptions = {}): Transform<OperationParameters> {
  const { bins } = { ...trivialAugmentDefaults, ...options };
  const table = trivialAugmentMagnitudes(bins);
  return {
    name: 'trivialAugment',
    draw: ({ batch, key }) =>
      drawOperation(table, drawUniforms(batch, key, { choice: [0, 1], magnitude: [0, 1], sign: [0, 1] })),
    apply: (planes, parameters) => applyOperations(planes, parameters, { ...options, translation: 'pixels' }),
  };
}
