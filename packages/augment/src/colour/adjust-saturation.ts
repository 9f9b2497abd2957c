import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { blend } from './blend.js';
import { luminance } from './luminance.js';
import type { Planes } from '../transform/planes.js';
import { requireColour } from '../transform/require-colour.js';

/**
 * `clip(factor · x + (1 - factor) · grey, 0, 1)` with the grey value of each pixel: torchvision's
 * `adjust_saturation`. `factor` is `[batch]`, not negative; 0 is grey, 1 changes nothing.
 *
 * @throws SslError for images of other than 3 channels.
 */
export function adjustSaturation(planes: Planes, factor: Tensor1D): Planes {
  requireColour('adjustSaturation', planes);
  return tf.tidy(() => blend(planes, luminance(planes), factor));
}
