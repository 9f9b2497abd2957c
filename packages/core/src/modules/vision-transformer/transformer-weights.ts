import type * as tf from '@tensorflow/tfjs-core';
import type { Rank, ShapeMap, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { normalTensor, uniformTensor } from '../initialise.js';
import { linear } from '../linear.js';
import type { Module } from '../module.js';
import type { ResolvedVisionTransformer } from './vision-transformer-options.js';

/** Normal of deviation 0.02; timm cuts it at ±2, a hundred deviations, which no draw reaches. */
export function smallNormal<R extends Rank>(seed: number, shape: ShapeMap[R], deviation = 0.02): Tensor<R> {
  return normalTensor<R>(seed, shape, deviation);
}

/**
 * A linear layer that starts as the options say, with biases of 0.
 *
 * @param parts - Matrices that lie below one another in the weight (queries, keys, values).
 */
export function transformerLinear(
  inputs: number,
  outputs: number,
  { initialisation }: Pick<ResolvedVisionTransformer, 'initialisation'>,
  { bias = true, parts = 1 }: { readonly bias?: boolean; readonly parts?: number } = {},
): Module {
  const height = initialisation === 'mocoV3' ? outputs / parts : outputs;
  const weight = (seed: number): Tensor2D =>
    initialisation === 'timm'
      ? smallNormal<tf.Rank.R2>(seed, [outputs, inputs])
      : uniformTensor<tf.Rank.R2>(seed, [outputs, inputs], Math.sqrt(6 / (height + inputs)));
  return linear(inputs, outputs, { bias, weight });
}
