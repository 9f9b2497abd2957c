import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { hasKernel, runKernels } from './run-kernel.js';
import { stopGradient } from './stop-gradient.js';

/**
 * Cross-entropy between label distributions and the softmax of logits, one value a row.
 *
 *     loss_i = -sum_k labels_ik log softmax(logits_i)_k
 *
 * @param logits - `[N, K]`, finite or very negative for excluded classes.
 * @param labels - `[N, K]`, non-negative rows that sum to 1 (one-hot or soft); no gradient flows to them.
 * @returns `[N]`, not averaged.
 * @throws SslError where the shapes differ.
 * @example
 * softmaxCrossEntropy(tf.tensor2d([[0, 0]]), tf.tensor2d([[1, 0]])); // [0.6931]
 */
export function softmaxCrossEntropy(logits: Tensor2D, labels: Tensor2D): Tensor1D {
  if (logits.rank !== 2 || String(logits.shape) !== String(labels.shape)) {
    throw new SslError(
      `softmaxCrossEntropy needs logits and labels of one shape [N, K], got [${(logits.shape as number[]).join(', ')}] and [${(labels.shape as number[]).join(', ')}]. Turn class numbers into tf.oneHot.`,
      { from: '@ssl/core' },
    );
  }
  if (hasKernel('SslSoftmaxCrossEntropy')) {
    return runKernels('SslSoftmaxCrossEntropy', { logits, labels })[0] as Tensor1D;
  }
  const targets = stopGradient(labels);
  const loss = tf.customGrad((x, save) => {
    const logProbabilities = tf.logSoftmax(x as Tensor2D, -1);
    (save as tf.GradSaveFunc)([logProbabilities, targets]); // a caller's tidy may end before the gradient is taken
    return {
      value: tf.neg(tf.sum(multiplyOrZero(targets, logProbabilities), -1)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [kept, labelsKept] = saved as [Tensor2D, Tensor2D];
        const probabilities = tf.exp(kept);
        // Rows of labels need not sum to exactly 1: d/dx = softmax * sum(labels) - labels.
        const mass = tf.sum(labelsKept, -1, true);
        return tf.mul(tf.expandDims(dy, -1), tf.sub(tf.mul(probabilities, mass), labelsKept));
      },
    };
  });
  return loss(logits) as Tensor1D;
}

/** labels * logProbabilities, where 0 * -infinity counts as 0. */
function multiplyOrZero(labels: Tensor2D, logProbabilities: Tensor2D): Tensor2D {
  return tf.where(tf.greater(labels, 0), tf.mul(labels, logProbabilities), tf.zerosLike(labels));
}
