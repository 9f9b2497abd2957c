import { invert } from './invert.js';
import type { Planes } from '../transform/planes.js';
import { applyRandomOperation, randomOperation, type RandomOperationParameters } from '../transform/random-operation.js';
import type { Transform } from '../transform/transform.js';

export type RandomInvertParameters = RandomOperationParameters;

/** {@link invert} where `applied` is 1. */
export function applyRandomInvert(planes: Planes, parameters: RandomInvertParameters): Planes {
  return applyRandomOperation(invert, planes, parameters);
}

/**
 * Inverts a share of the images: torchvision's `RandomInvert`. Any number of channels.
 *
 * @param probability - that an image is changed, 0 to 1.
 */
export function randomInvert({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<RandomInvertParameters> {
  return randomOperation('randomInvert', applyRandomInvert, probability);
}
