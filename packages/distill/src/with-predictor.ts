import { childSeed } from '@ssl/core';
import type { Module } from '@ssl/core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';

/** Projections of images and what the predictor makes of them, `[batch, dimension]`. */
export interface Predicted {
  readonly projection: Tensor2D;
  readonly prediction: Tensor2D;
}

/** An encoder (backbone and projector) with a predictor on top, whose branch is called `predictor`. */
export function withPredictor(encoder: Module<Tensor4D, Tensor2D>, predictor: Module<Tensor2D, Tensor2D>): Module<Tensor4D, Predicted> {
  return {
    init(seed) {
      const { params, buffers } = encoder.init(seed);
      const top = predictor.init(childSeed(seed, 'predictor'));
      return { params: { ...params, predictor: top.params }, buffers: { ...buffers, predictor: top.buffers } };
    },
    forward(scope, images) {
      const projection = encoder.forward(scope, images);
      return { projection, prediction: predictor.forward(scope.child('predictor'), projection) };
    },
  };
}
