import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { apply } from '../modules/apply.js';
import type { Backbone, Variables } from '../modules/module.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';

/**
 * Features of images from the backbone inside a network whose variables have a branch `backbone`: what most methods' `embed` is.
 *
 * @param variables Of the whole network: `{ params, buffers: aux.buffers }`, or the teacher's.
 * @returns `[batch, backbone.featureDimension]`.
 */
export function backboneFeatures(backbone: Backbone, { params, buffers }: Variables, images: Tensor4D): Tensor2D {
  const branch = (tree: TensorRecord): TensorRecord => (tree.backbone ?? {}) as TensorRecord;
  return apply(backbone, { params: branch(params), buffers: branch(buffers) }, images, { training: false }).output;
}
