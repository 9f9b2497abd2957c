import { SslError } from '@ssl/core';
import { softmaxCrossEntropy } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';

/**
 * Cross-entropy with smoothed labels, one value a row: `-sum_k t_k log softmax(z)_k` with `t = (1 - s) y + s / K`.
 *
 * @param logits `[N, K]`.
 * @param labels `[N, K]`, one-hot, or soft ones of mixed images; rows sum to 1.
 * @param smoothing s, from 0 to below 1.
 * @returns `[N]`, not averaged; `torch.nn.functional.cross_entropy(logits, labels, label_smoothing=s, reduction='none')`.
 * @throws SslError for a smoothing out of range.
 * @example
 * smoothedCrossEntropy(tf.tensor2d([[0, 0]]), tf.tensor2d([[1, 0]]), 0.1); // [0.6931]
 * @see Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", section 7.
 */
export function smoothedCrossEntropy(logits: tf.Tensor2D, labels: tf.Tensor2D, smoothing: number): tf.Tensor1D {
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new SslError(`label smoothing needs a number from 0 to below 1, got ${String(smoothing)}. Usual is 0.1; 0 turns it off.`, { from: '@ssl/eval' });
  }
  if (smoothing === 0) return softmaxCrossEntropy(logits, labels);
  return softmaxCrossEntropy(logits, tf.add<tf.Tensor2D>(tf.mul(labels, 1 - smoothing), smoothing / labels.shape[1]));
}
