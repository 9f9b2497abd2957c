import type { CollapseSign } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

/** How evenly tokens are used. */
export type CodebookUse = {
  /** `exp(entropy)` of how often each token occurs: how many tokens are in use, if all were used alike. From 1 to the vocabulary. */
  readonly perplexity: Scalar;
  /** Share of the vocabulary that occurs at all. */
  readonly used: Scalar;
};

/**
 * How a batch uses the vocabulary.
 *
 * @param tokens - int32 of any shape, from 0 to `vocabulary - 1`.
 * @returns Two scalars; a perplexity near 1 is a collapsed vocabulary.
 * @throws Error of the engine for tokens that are no integers.
 * @example
 * codebookUse(tf.tensor1d([0, 0, 1, 1], 'int32'), 4); // perplexity 2, used 0.5
 *
 * @see Peng et al., BEiT v2: Masked Image Modeling with Vector-Quantized Visual Tokenizers, section 2.2 (codebook collapse).
 */
export function codebookUse(tokens: Tensor, vocabulary: number): CodebookUse {
  return tf.tidy(() => {
    const counts = tf.sum(tf.cast(tf.oneHot(tf.reshape(tokens, [tokens.size]), vocabulary), 'float32'), 0);
    const share = tf.div(counts, tokens.size);
    const entropy = tf.neg(tf.sum(tf.mul(share, tf.log(tf.maximum(share, 1e-20)))));
    return { perplexity: tf.exp(entropy as Scalar), used: tf.mean(tf.cast(tf.greater(counts, 0), 'float32')) };
  });
}

/** The sign of a vocabulary of which one token is left. */
export function codebookCollapse(remedy: string): CollapseSign {
  return {
    name: 'codebook-collapse',
    metric: 'perplexity',
    value: 1,
    tolerance: 0.2,
    diagnosis: 'nearly all patches have the same token, so that tokens say nothing',
    remedy,
  };
}
