import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { childSeed } from '../random/hash.js';
import { linear } from './linear.js';
import type { Backbone, Module } from './module.js';

/**
 * A backbone with a linear layer over its features, whose parameters stand beside the backbone's: torchvision's whole
 * ResNet with the name `fc`.
 *
 * @param name - Of the linear layer: `fc` in torchvision, `head` in timm.
 * @returns A module from images to logits, `[batch, classes]`.
 */
export function withClassifier(backbone: Backbone, classes: number, name = 'fc'): Module<Tensor4D, Tensor2D> {
  const head = linear(backbone.featureDimension, classes);
  return {
    init(seed) {
      const { params, buffers } = backbone.init(seed);
      return { params: { ...params, [name]: head.init(childSeed(seed, name)).params }, buffers };
    },
    forward: (scope, images) => head.forward(scope.child(name), backbone.forward(scope, images)) as Tensor2D,
  };
}
