import { childSeed, layerNormalization, linear, normalTensor, sequential, sineCosinePositions, transformerBlocks } from '@ssl/core';
import type { Module } from '@ssl/core';
import { gatherTokens } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { xavierWeight } from './xavier-weight.js';

/** Sizes of the decoder. */
export interface MaeDecoderOptions {
  /** Features of the encoder's tokens. */
  readonly inputs: number;
  /** Features, blocks and heads of the decoder. */
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  /** Rows (and columns) of patches. */
  readonly side: number;
  /** Tokens before the patches: class token and registers. */
  readonly prefixTokens: number;
  /** Pixels times channels of a patch. */
  readonly outputs: number;
}

/** What the encoder saw, and where it belongs. */
export interface MaeDecoderInput {
  /** What the encoder made of the tokens it saw, `[batch, prefix + visible, inputs]`. */
  readonly tokens: Tensor3D;
  /** Place of each patch in the shuffled order, visible ones first, `[batch, patches]`. */
  readonly restore: Tensor2D;
}

/**
 * MAE's decoder: visible tokens back in their places, a learned mask token in the others, fixed positions, a few narrow
 * transformer blocks, and the pixels of each patch. The authors' parameter names.
 *
 * @returns A module that gives `[batch, patches, outputs]`.
 * @throws Error of the engine, when it runs, for tokens of another width.
 * @example
 * const decoder = maeDecoder({ inputs: 768, width: 512, depth: 8, heads: 16, side: 14, prefixTokens: 1, outputs: 768 });
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, section 3.
 */
export function maeDecoder(options: MaeDecoderOptions): Module<MaeDecoderInput, Tensor3D> {
  const { inputs, width, depth, heads, side, prefixTokens, outputs } = options;
  const patches = side * side;
  const children = {
    decoder_embed: linear(inputs, width, { weight: xavierWeight(inputs, width) }),
    decoder_blocks: transformerBlocks({ width, depth, heads, initialisation: 'mae' }),
    decoder_norm: layerNormalization(width, { epsilon: 1e-6 }),
    decoder_pred: linear(width, outputs, { weight: xavierWeight(width, outputs) }),
  };
  return {
    init(seed) {
      const { params, buffers } = sequential(children as unknown as Record<string, Module>).init(seed);
      const positions = sineCosinePositions(side, width, 'column', prefixTokens);
      return {
        params: { ...params, mask_token: normalTensor<tf.Rank.R3>(childSeed(seed, 'mask_token'), [1, 1, width], 0.02) },
        buffers: { ...buffers, decoder_pos_embed: tf.tensor3d(positions, [1, prefixTokens + patches, width]) },
      };
    },
    forward: (scope, { tokens, restore }) =>
      tf.tidy(() => {
        const [batch, length] = tokens.shape;
        const hidden = patches + prefixTokens - length;
        const embedded = children.decoder_embed.forward(scope.child('decoder_embed'), tokens) as Tensor3D;
        const visible = tf.slice3d(embedded, [0, prefixTokens, 0], [batch, length - prefixTokens, width]);
        const masks = tf.tile(scope.param<Tensor3D>('mask_token'), [batch, hidden, 1]);
        const ordered = gatherTokens(hidden === 0 ? visible : tf.concat([visible, masks], 1), restore);
        const prefix = tf.slice3d(embedded, [0, 0, 0], [batch, prefixTokens, width]);
        const all = prefixTokens === 0 ? ordered : tf.concat([prefix, ordered], 1);
        const placed = tf.add<Tensor3D>(all, scope.buffer<Tensor3D>('decoder_pos_embed'));
        const decoded = children.decoder_blocks.forward(scope.child('decoder_blocks'), placed);
        const normed = children.decoder_norm.forward(scope.child('decoder_norm'), decoded);
        const pixels = children.decoder_pred.forward(scope.child('decoder_pred'), normed) as Tensor3D;
        return tf.slice3d(pixels, [0, prefixTokens, 0], [batch, patches, outputs]);
      }),
  };
}
