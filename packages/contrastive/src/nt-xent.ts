import { requirePositive, SslError } from '@ssl/core';
import { l2Normalize, softmaxCrossEntropy } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** Options of {@link ntXent}. */
export interface NtXentOptions {
  /** Temperature of the softmax; above 0. */
  readonly temperature?: number;
}

/** What {@link ntXent} gives. */
export interface NtXentResult {
  /** The mean over all 2N ordered pairs; ln(2N - 1) where all similarities are equal, 0 for a batch of one image. */
  readonly loss: Scalar;
  /** Share of the views whose nearest other view is that of the same image, from 0 to 1. */
  readonly accuracy: Scalar;
  /** Mean cosine similarity of the two views of an image, from -1 to 1. */
  readonly positiveSimilarity: Scalar;
}

/** Defaults of {@link ntXent}: SimCLR's for ImageNet; 0.5 on CIFAR in the paper, 0.2 for small data here. */
export const ntXentDefaults = { temperature: 0.1 } as const;

// Takes a sample out of its own softmax; far below any similarity, and finite, so that no gradient becomes NaN.
const excluded = -1e9;

/**
 * NT-Xent, the normalised temperature-scaled cross entropy: each view should find the other view of its image among all the
 * other views of the batch.
 *
 * `l(i, j) = -log( exp(s_ij / T) / sum_{k != i} exp(s_ik / T) )` with s the cosine similarity, averaged over all 2N ordered
 * pairs of positives.
 *
 * @param a First views, `[batch, dimension]`; lengths do not matter, zero vectors are allowed.
 * @param b Second views; row i belongs to the same image as row i of `a`, `[batch, dimension]`.
 * @returns The loss, and for logs how often the other view is the nearest and how similar it is; scalars.
 * @throws SslError where the shapes differ or the temperature is not above 0.
 *
 * @example
 * const a = tf.tensor2d([[1, 0], [0, 1]]);
 * ntXent(a, a, { temperature: 1 }).loss; // -ln(e / (e + 2)) = 0.5514
 *
 * @see Chen et al., A Simple Framework for Contrastive Learning of Visual Representations, equation 1 and algorithm 1.
 */
export function ntXent(a: Tensor2D, b: Tensor2D, options: NtXentOptions = {}): NtXentResult {
  const { temperature } = { ...ntXentDefaults, ...options };
  if (a.rank !== 2 || String(a.shape) !== String(b.shape)) {
    throw new SslError(
      `ntXent needs two views of one shape [batch, dimension], got [${a.shape.join(', ')}] and [${b.shape.join(', ')}]. Give row i of both to image i.`,
      { from: '@ssl/contrastive' },
    );
  }
  requirePositive(temperature, 'a temperature', 'ntXent', '@ssl/contrastive');
  return tf.tidy(() => {
    const n = a.shape[0];
    const z = l2Normalize(tf.concat([a, b])); // [2N, D]
    const similarity = tf.div(tf.matMul(z, z, false, true), temperature); // [2N, 2N]
    const index = tf.range(0, 2 * n, 1, 'int32');
    const partner = tf.concat([tf.range(n, 2 * n, 1, 'int32'), tf.range(0, n, 1, 'int32')]);
    const where = (columns: tf.Tensor) => tf.cast<Tensor2D>(tf.equal(tf.expandDims(columns, 1), tf.expandDims(index, 0)), 'float32');
    const [logits, labels] = [tf.add<Tensor2D>(similarity, tf.mul(where(index), excluded)), where(partner)];
    const positive = tf.sum<Tensor1D>(tf.mul(logits, labels), 1); // [2N]
    const nearest = tf.greaterEqual(positive, tf.max(logits, 1));
    return {
      loss: tf.mean<Scalar>(softmaxCrossEntropy(logits, labels)),
      accuracy: tf.mean<Scalar>(tf.cast(nearest, 'float32')),
      positiveSimilarity: tf.mean<Scalar>(tf.mul(positive, temperature)),
    };
  });
}
