import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { randomUniform } from '../../ops/random-uniform.js';
import type { TensorRecord } from '../../tensor-tree/tensor-tree.js';
import { initChildren } from '../init-children.js';
import { constantTensor } from '../initialise.js';
import { layerNormalization } from '../layer-normalization.js';
import type { Module } from '../module.js';
import type { Scope } from '../scope.js';
import { feedForward } from './feed-forward.js';
import { selfAttention } from './self-attention.js';
import { concatRows, type PackedTokens, type TokenGroup } from './token-groups.js';
import type { ResolvedVisionTransformer } from './vision-transformer-options.js';

export interface TransformerBlock extends Module<PackedTokens, PackedTokens> {
  /** The weights of this block's attention on its input, `[batch, heads, length, length]` for each group. */
  attention(scope: Scope, tokens: PackedTokens): Tensor4D[];
}

/**
 * One block of a Vision Transformer, norms first:
 *
 *     x = x + drop(scale1 attn(norm1(x)));  x = x + drop(scale2 mlp(norm2(x)))
 *
 * @param dropRate - Probability with which a sample leaves a branch out in training.
 */
export function transformerBlock(options: ResolvedVisionTransformer, dropRate: number): TransformerBlock {
  const { width, epsilon, layerScale, naming, checkpoint } = options;
  const children = {
    norm1: layerNormalization(width, { epsilon }),
    attn: selfAttention(options),
    norm2: layerNormalization(width, { epsilon }),
    mlp: feedForward(options),
  };
  const norm = (scope: Scope, name: 'norm1' | 'norm2', x: Tensor2D): Tensor2D =>
    children[name].forward(scope.child(name), x) as Tensor2D;

  const scaleBranch = (scope: Scope, branch: 1 | 2, x: Tensor2D): Tensor2D => {
    if (layerScale === undefined) return x;
    const gamma =
      naming === 'beit' ? scope.param<Tensor1D>(`gamma_${branch}`) : scope.child(`ls${branch}`).param<Tensor1D>('gamma');
    return tf.mul(x, gamma);
  };

  const scales = (): TensorRecord => {
    if (layerScale === undefined) return {};
    const [first, second] = [constantTensor([width], layerScale), constantTensor([width], layerScale)];
    return naming === 'beit' ? { gamma_1: first, gamma_2: second } : { ls1: { gamma: first }, ls2: { gamma: second } };
  };

  function run(scope: Scope, values: Tensor2D, groups: readonly TokenGroup[]): Tensor2D {
    const add = (x: Tensor2D, branch: 1 | 2, y: Tensor2D): Tensor2D =>
      tf.add(x, dropSamples(scope, scaleBranch(scope, branch, y), groups, dropRate));
    const normed = { values: norm(scope, 'norm1', values), groups };
    const attended = add(values, 1, children.attn.forward(scope.child('attn'), normed));
    const fed = children.mlp.forward(scope.child('mlp'), norm(scope, 'norm2', attended));
    return add(attended, 2, fed);
  }

  return {
    init(seed) {
      const { params, buffers } = initChildren(seed, children);
      return { params: { ...params, ...scales() }, buffers };
    },
    forward: (scope, { values, groups }) => ({
      values:
        checkpoint && scope.training
          ? scope.checkpoint((inner, x: Tensor2D) => run(inner, x, groups), values)
          : run(scope, values, groups),
      groups,
    }),
    attention: (scope, { values, groups }) =>
      children.attn.weights(scope.child('attn'), { values: norm(scope, 'norm1', values), groups }),
  };
}

/** Stochastic depth on packed tokens: all tokens of a sample share its fate. */
function dropSamples(scope: Scope, x: Tensor2D, groups: readonly TokenGroup[], rate: number): Tensor2D {
  if (!scope.training || rate === 0) return x;
  return tf.tidy(() => {
    const factors = groups.map(({ batch, length }) => {
      const kept = tf.cast(tf.greaterEqual(randomUniform<tf.Rank.R2>([batch, 1], scope.randomKey()), rate), 'float32');
      return tf.reshape<tf.Rank.R2>(tf.tile(tf.div(kept, 1 - rate), [1, length]), [batch * length, 1]);
    });
    return tf.mul(x, concatRows(factors));
  });
}
