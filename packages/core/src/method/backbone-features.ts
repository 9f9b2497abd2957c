import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { apply } from '../modules/apply.js';
import type { Backbone, Variables } from '../modules/module.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import type { TrainedBackbone } from './method.js';

/**
 * Features of images from the backbone inside a network whose variables have a branch `backbone`: what most methods' `embed` is.
 *
 * @param variables Of the whole network: `{ params, buffers: aux.buffers }`, or the teacher's.
 * @returns `[batch, backbone.featureDimension]`.
 */
export function backboneFeatures(backbone: Backbone, variables: Variables, images: Tensor4D): Tensor2D {
  return apply(backbone, backboneBranch(backbone, variables).variables, images, { training: false }).output;
}

/**
 * The backbone inside a network whose variables have a branch `backbone`, with its weights: what most methods' `trainedBackbone` is.
 *
 * @param variables Of the whole network: `{ params, buffers: aux.buffers }`, or the teacher's.
 */
export function backboneBranch(backbone: Backbone, { params, buffers }: Variables): TrainedBackbone {
  // A network without buffers leaves nothing of them in a checkpoint.
  const branch = (tree: TensorRecord | undefined): TensorRecord => (tree?.backbone ?? {}) as TensorRecord;
  return { backbone, variables: { params: branch(params), buffers: branch(buffers) } };
}
