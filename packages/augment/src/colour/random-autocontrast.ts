import { autocontrast } from './autocontrast.js';
import type { Planes } from '../transform/planes.js';
import { applyRandomOperation, randomOperation, type RandomOperationParameters } from '../transform/random-operation.js';
import type { Transform } from '../transform/transform.js';

export type RandomAutocontrastParameters = RandomOperationParameters;

/** {@link autocontrast} where `applied` is 1. */
export function applyRandomAutocontrast(planes: Planes, parameters: RandomAutocontrastParameters): Planes {
  return applyRandomOperation(autocontrast, planes, parameters);
}

/**
 * Stretches each channel to the whole range in a share of the images: torchvision's `RandomAutocontrast`. Any number of channels.
 *
 * @param probability - that an image is changed, 0 to 1.
 */
export function randomAutocontrast({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<RandomAutocontrastParameters> {
  return randomOperation('randomAutocontrast', applyRandomAutocontrast, probability);
}
