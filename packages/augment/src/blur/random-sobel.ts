import { sobel } from './sobel.js';
import type { Planes } from '../transform/planes.js';
import { applyRandomOperation, randomOperation, type RandomOperationParameters } from '../transform/random-operation.js';
import type { Transform } from '../transform/transform.js';

export type RandomSobelParameters = RandomOperationParameters;

/** {@link sobel} where `applied` is 1. */
export function applyRandomSobel(planes: Planes, parameters: RandomSobelParameters): Planes {
  return applyRandomOperation(sobel, planes, parameters);
}

/**
 * Replaces a share of the images by the strength of their edges: kornia's `Sobel`, each channel by itself (Caron et al. 2018, arXiv:1807.05520, section 4, feed a network with such images: probability 1). Any number of channels.
 *
 * @param probability - that an image is changed, 0 to 1.
 */
export function randomSobel({ probability = 0.5 }: { readonly probability?: number } = {}): Transform<RandomSobelParameters> {
  return randomOperation('randomSobel', applyRandomSobel, probability);
}
