import type { ResolvedVisionTransformer } from './vision-transformer-options.js';

/**
 * Probability with which a block's branches are left out in training: from 0 in the first block to `stochasticDepth` in the last, or
 * the same in each.
 *
 * @param index - Of the block, from 0.
 * @see Huang et al., Deep Networks with Stochastic Depth, section 3 (linear); the code of DINOv2, `drop_path_uniform`.
 */
export function dropRate({ stochasticDepth, stochasticDepthRule, depth }: Pick<ResolvedVisionTransformer, 'stochasticDepth' | 'stochasticDepthRule' | 'depth'>, index: number): number {
  if (stochasticDepthRule === 'uniform') return stochasticDepth;
  return depth === 1 ? 0 : (stochasticDepth * index) / (depth - 1);
}
