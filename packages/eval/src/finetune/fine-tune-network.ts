import { isVisionTransformer, SslError, visionTransformer, withClassifier, type Backbone, type Module } from '@ssl/core';
import type * as tf from '@tensorflow/tfjs-core';

/** Name of the linear layer beside the backbone's own parameters. */
export const headName = 'head';

/** The backbone, with drop path where it is asked for, and a linear layer on its features. */
export function fineTuneNetwork(backbone: Backbone, classCount: number, stochasticDepth: number): Module<tf.Tensor4D, tf.Tensor2D> {
  if (stochasticDepth === 0) return withClassifier(backbone, classCount, headName);
  if (!isVisionTransformer(backbone)) {
    throw new SslError(`stochastic depth in fine-tuning needs a Vision Transformer, got '${backbone.name}'. Leave stochasticDepth out.`, { from: '@ssl/eval' });
  }
  return withClassifier(visionTransformer({ ...backbone.options, stochasticDepth }), classCount, headName);
}
