import { isVisionTransformer, visionTransformer, type Backbone } from '@ssl/core';

/** A Vision Transformer with another probability of leaving out branches in training, 0 for none; any other network as it is. */
export function withStochasticDepth(backbone: Backbone, stochasticDepth: number): Backbone {
  return isVisionTransformer(backbone) ? visionTransformer({ ...backbone.options, stochasticDepth }) : backbone;
}
