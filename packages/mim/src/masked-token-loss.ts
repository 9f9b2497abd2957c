import { SslError } from '@ssl/core';
import { softmaxCrossEntropy } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/** What BEiT's loss looks at. */
export interface MaskedTokenInput {
  /** `[batch, patches, vocabulary]`. */
  readonly logits: Tensor3D;
  /** The tokenizer's answer, int32 `[batch, patches]`, from 0 to `vocabulary - 1`. */
  readonly tokens: Tensor2D;
  /** 1 where a patch was hidden, `[batch, patches]`. Only these count. */
  readonly mask: Tensor2D;
}

/** The loss, and how often the network is right. */
export type MaskedTokenResult = {
  readonly loss: Scalar;
  /** Share of hidden patches whose token is the likeliest. */
  readonly accuracy: Scalar;
};

/**
 * BEiT's loss: cross-entropy of the tokens of hidden patches, mean over all of them in the batch.
 *
 * `L = -sum over hidden patches of ln softmax(logits)[token] / hidden patches`
 *
 * @returns About ln(vocabulary) for a network that knows nothing; 0 where nothing is hidden.
 * @throws SslError where the shapes differ.
 * @example
 * const tokens = tf.tensor2d([[0, 1]], [1, 2], 'int32');
 * maskedTokenLoss({ logits: tf.zeros([1, 2, 8]), tokens, mask: tf.ones([1, 2]) }).loss; // ln 8 = 2.0794
 *
 * @see Bao et al., BEiT: BERT Pre-Training of Image Transformers, equation 1.
 */
export function maskedTokenLoss({ logits, tokens, mask }: MaskedTokenInput): MaskedTokenResult {
  const [batch, patches, vocabulary] = logits.shape;
  const wanted = String([batch, patches]);
  if (String(tokens.shape) !== wanted || String(mask.shape) !== wanted) {
    throw new SslError(
      `maskedTokenLoss needs logits [batch, patches, vocabulary], tokens and mask [batch, patches], got [${logits.shape.join(', ')}], ` +
        `[${tokens.shape.join(', ')}] and [${mask.shape.join(', ')}]. Make the tokenizer's grid that of the patches.`,
      { from: '@ssl/mim' },
    );
  }
  return tf.tidy(() => {
    const rows = batch * patches;
    const flat = tf.reshape<tf.Rank.R2>(logits, [rows, vocabulary]);
    const names = tf.reshape<tf.Rank.R1>(tokens, [rows]);
    const weights = tf.reshape<tf.Rank.R1>(mask, [rows]);
    const labels = tf.cast<Tensor2D>(tf.oneHot(names, vocabulary) as Tensor2D, 'float32');
    const hidden = tf.maximum(tf.sum(weights), 1);
    const mean = (values: Tensor): Scalar => tf.div(tf.sum(tf.mul(values, weights)), hidden);
    return {
      loss: mean(softmaxCrossEntropy(flat, labels)),
      accuracy: mean(tf.cast(tf.equal(tf.argMax(flat, 1), names), 'float32')),
    };
  });
}
