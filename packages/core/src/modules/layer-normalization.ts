import type { Tensor1D } from '@tensorflow/tfjs-core';
import { layerNorm, layerNormDefaults, type LayerNormOptions } from '../ops/layer-norm.js';
import { constantTensor } from './initialise.js';
import type { Module } from './module.js';

/** Layer normalisation over the last axis, with `weight` and `bias` of `[features]`. */
export function layerNormalization(features: number, options: LayerNormOptions = {}): Module {
  const resolved = { ...layerNormDefaults, ...options };
  return {
    init: () => ({
      params: { weight: constantTensor([features], 1), bias: constantTensor([features], 0) },
      buffers: {},
    }),
    forward: (scope, input) =>
      layerNorm(input, scope.param<Tensor1D>('weight'), scope.param<Tensor1D>('bias'), resolved),
  };
}
