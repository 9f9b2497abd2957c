import type { CollapseSign } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

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
