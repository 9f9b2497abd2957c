import { apply, isVisionTransformer, SslError, type Backbone, type Variables } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';

/** How much the class token of the last block looks at each patch. */
export interface ClassAttention {
  /** Rows sum to at most 1: the rest goes to the class and register tokens. `batch * heads * rows * columns` numbers. */
  readonly values: Float32Array;
  /** `[batch, heads, rows, columns]` of patches. */
  readonly shape: readonly [number, number, number, number];
}

/**
 * Attention of the class token to the patches in the last block of a Vision Transformer, head by head.
 *
 * @param images Normalised as in training, `[batch, height, width, channels]`; stay the caller's.
 * @throws SslError for another network, or one without a class token.
 * @see Caron et al. 2021 (DINO), figure 1.
 */
export async function classAttention(backbone: Backbone, variables: Variables, images: tf.Tensor4D): Promise<ClassAttention> {
  if (!isVisionTransformer(backbone) || !backbone.options.classToken) {
    throw new SslError(
      `attention maps need a Vision Transformer with a class token, got '${backbone.name}'${isVisionTransformer(backbone) ? ' without one' : ''}. Train with --network vit-tiny to see them.`,
      { from: '@ssl/eval' },
    );
  }
  const { depth, heads, patchSize } = backbone.options;
  const [batch, height, width] = images.shape;
  const [rows, columns] = [height / patchSize, width / patchSize];
  const patches = tf.tidy(() => {
    const { output } = apply(backbone.encoder, variables, [{ images, attention: [depth - 1] }], { training: false });
    const weights = output[0]!.attention[0]!; // [batch, heads, tokens, tokens]
    return tf.slice(weights, [0, 0, 0, backbone.prefixTokens], [batch, heads, 1, rows * columns]);
  });
  const values = await patches.data<'float32'>();
  patches.dispose();
  return { values: Float32Array.from(values), shape: [batch, heads, rows, columns] };
}
