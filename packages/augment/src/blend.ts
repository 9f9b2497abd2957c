import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import type { Planes } from './planes.js';

/**
 * `clip(factor · plane + offset, 0, 1)` for every plane: what torchvision's brightness, contrast and saturation come
 * down to, with `offset = (1 - factor) · other`.
 *
 * @param factor - `[batch, 1, 1]`.
 * @param offset - broadcasts to a plane.
 */
export function blend(planes: Planes, factor: Tensor, offset: Tensor): Planes {
  return planes.map((plane) => tf.clipByValue<Tensor3D>(tf.add(tf.mul(plane, factor), offset), 0, 1));
}
