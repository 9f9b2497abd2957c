import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../../errors.js';
import { attention, attentionWeights } from '../../ops/attention.js';
import { initChildren } from '../init-children.js';
import { constantTensor } from '../initialise.js';
import { layerNormalization } from '../layer-normalization.js';
import { applyLinear } from '../linear.js';
import type { Module } from '../module.js';
import type { Scope } from '../scope.js';
import { relativePositionIndex } from './relative-position-index.js';
import { resizePositionBiases } from './resize-position-biases.js';
import { concatRows, splitGroups, type PackedTokens, type TokenGroup } from './token-groups.js';
import { transformerLinear } from './transformer-weights.js';
import type { ResolvedVisionTransformer } from './vision-transformer-options.js';

export interface SelfAttention extends Module<PackedTokens, Tensor2D> {
  /** The weights of each group's attention, `[batch, heads, length, length]`. */
  weights(scope: Scope, tokens: PackedTokens): Tensor4D[];
}

/** Queries, keys and values of one group, `[batch, heads, length, width / heads]` each. */
type Heads = readonly [Tensor4D, Tensor4D, Tensor4D];

/** Multi-head self-attention with timm's names: `qkv`, `q_norm`, `k_norm`, `proj`, and BEiT's biases. */
export function selfAttention(options: ResolvedVisionTransformer): SelfAttention {
  const { width, heads, qkvBias, qkNorm, epsilon } = options;
  if (width % heads !== 0) {
    throw new SslError(
      `attention needs heads that divide the width, got ${heads} for ${width}. Choose a divisor.`,
      { from: '@ssl/core' },
    );
  }
  const side = options.imageSize / options.patchSize;
  const entries = (2 * side - 1) ** 2 + 3;
  const relative = options.positions === 'relative';
  const children = {
    qkv: transformerLinear(width, 3 * width, options, { bias: qkvBias === true, parts: 3 }),
    ...(qkNorm
      ? {
          q_norm: layerNormalization(width / heads, { epsilon }),
          k_norm: layerNormalization(width / heads, { epsilon }),
        }
      : {}),
    proj: transformerLinear(width, width, options),
  };

  function project(scope: Scope, tokens: PackedTokens): Heads[] {
    const qkv = scope.child('qkv');
    const values = applyLinear(tokens.values, qkv.param<Tensor2D>('weight'), qkvBiasOf(scope)) as Tensor2D;
    return splitGroups(values, tokens.groups).map((part, i) => splitHeads(scope, part, tokens.groups[i]!));
  }

  function qkvBiasOf(scope: Scope): Tensor1D | undefined {
    if (qkvBias === true) return scope.child('qkv').param<Tensor1D>('bias');
    if (qkvBias === false) return undefined;
    const query = scope.param<Tensor1D>('q_bias');
    return tf.concat1d([query, tf.zerosLike(query), scope.param<Tensor1D>('v_bias')]);
  }

  function splitHeads(scope: Scope, part: Tensor2D, { batch, length }: TokenGroup): Heads {
    const split = tf.reshape(part, [batch, length, 3, heads, width / heads]);
    const [q, k, v] = tf.unstack(tf.transpose(split, [2, 0, 3, 1, 4])) as [Tensor4D, Tensor4D, Tensor4D];
    if (children.q_norm === undefined) return [q, k, v];
    const normalise = (name: 'q_norm' | 'k_norm', x: Tensor4D): Tensor4D =>
      children[name]!.forward(scope.child(name), x) as Tensor4D;
    return [normalise('q_norm', q), normalise('k_norm', k), v];
  }

  function biasOf(scope: Scope, { length }: TokenGroup): { bias?: Tensor4D } {
    if (!relative) return {};
    const here = Math.sqrt(length - 1);
    if (!Number.isInteger(here)) {
      throw new SslError(
        `relative positions are for square images with a class token, got ${length} tokens. Use images of ${options.imageSize} px or of another square size, or absolute positions.`,
        { from: '@ssl/core' },
      );
    }
    const table = resizePositionBiases(scope.param<Tensor2D>('relative_position_bias_table'), side, here);
    const index = tf.tensor1d(relativePositionIndex(here), 'int32');
    const pairs = tf.gather(table, index);
    return { bias: tf.reshape(tf.transpose(pairs), [1, heads, length, length]) };
  }

  return {
    init(seed) {
      const { params, buffers } = initChildren(seed, children);
      const extra = {
        ...(qkvBias === 'queryValue' ? { q_bias: constantTensor([width], 0), v_bias: constantTensor([width], 0) } : {}),
        ...(relative ? { relative_position_bias_table: constantTensor([entries, heads], 0) } : {}),
      };
      return { params: { ...params, ...extra }, buffers };
    },
    forward: (scope, tokens) =>
      tf.tidy(() => {
        const outputs = project(scope, tokens).map(([q, k, v], i) => {
          const group = tokens.groups[i]!;
          const attended = attention(q, k, v, biasOf(scope, group));
          return tf.reshape<tf.Rank.R2>(tf.transpose(attended, [0, 2, 1, 3]), [group.batch * group.length, width]);
        });
        return children.proj.forward(scope.child('proj'), concatRows(outputs)) as Tensor2D;
      }),
    weights: (scope, tokens) =>
      tf.tidy(() => project(scope, tokens).map(([q, k], i) => attentionWeights(q, k, biasOf(scope, tokens.groups[i]!)))),
  };
}
