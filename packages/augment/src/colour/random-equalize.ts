import { equalize } from './equalize.js';
import type { Planes } from '../transform/planes.js';
import { applyRandomOperation, randomOperation, type RandomOperationParameters } from '../transform/random-operation.js';
import type { Transform } from '../transform/transform.js';

export type RandomEqualizeParameters = RandomOperationParameters;

/** {@link equalize} where `applied` is 1. */
export function applyRandomEqualize(planes: Planes, parameters: RandomEqualizeParameters): Planes {
  return applyRandomOperation(equalize, planes, parameters);
}

/**
 * Equalises the histogram of each channel in a share of the images: torchvision's `RandomEqualize`. Any number of channels.
 *
 * @param probability - that an image is changed, 0 to 1.
 */
export function randomEqualize({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<RandomEqualizeParameters> {
  return randomOperation('randomEqualize', applyRandomEqualize, probability);
}
