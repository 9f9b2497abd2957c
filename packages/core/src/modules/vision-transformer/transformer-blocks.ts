import type { Tensor3D } from '@tensorflow/tfjs-core';
import { initChildren } from '../init-children.js';
import type { Module } from '../module.js';
import { packTokens, unpackTokens } from './token-groups.js';
import { dropRate } from './drop-rate.js';
import { transformerBlock } from './transformer-block.js';
import { visionTransformerDefaults, type VisionTransformerOptions } from './vision-transformer-options.js';

/** The options of a Vision Transformer that concern its blocks. */
export type TransformerBlocksOptions = Pick<
  VisionTransformerOptions,
  'checkpoint' | 'depth' | 'epsilon' | 'feedForward' | 'heads' | 'initialisation' | 'layerScale' | 'mlpRatio' | 'qkNorm' | 'qkvBias' | 'stochasticDepth' | 'stochasticDepthRule' | 'width'
>;

/**
 * The blocks of a Vision Transformer alone, `[batch, length, width]` to the same shape, named `0`, `1`, …: a decoder.
 *
 * @throws SslError where `heads` does not divide `width`.
 * @example
 * transformerBlocks({ width: 512, depth: 8, heads: 16, initialisation: 'mae' }); // MAE's decoder
 */
export function transformerBlocks(options: TransformerBlocksOptions): Module<Tensor3D, Tensor3D> {
  const resolved = { ...visionTransformerDefaults, ...options, positions: 'none' } as const;
  const { depth } = resolved;
  const blocks = Array.from({ length: depth }, (_, i) => transformerBlock(resolved, dropRate(resolved, i)));
  return {
    init: (seed) => initChildren(seed, Object.fromEntries(blocks.map((block, i) => [String(i), block]))),
    forward(scope, tokens) {
      const packed = blocks.reduce((now, block, i) => block.forward(scope.child(String(i)), now), packTokens([tokens]));
      return unpackTokens(packed)[0]!;
    },
  };
}
