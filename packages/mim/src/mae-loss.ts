import { SslError } from '@ssl/core';
import { stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';

/** What MAE's loss compares. */
export interface MaeLossInput {
  /** Predicted pixels of every patch, `[batch, patches, pixels]`. */
  readonly predictions: Tensor3D;
  /** True pixels, {@link patchify} of the images, of the same shape; no gradient. */
  readonly patches: Tensor3D;
  /** 1 where a patch was hidden, `[batch, patches]`. Only these count. */
  readonly mask: Tensor2D;
  /** Targets are the pixels of each patch at mean 0 and deviation 1. */
  readonly normalizeTargets?: boolean;
}

/** The paper's recipe; the flag of its code is off by default. */
export const maeLossDefaults = { normalizeTargets: true } as const;

/**
 * Mean and deviation of the pixels of each patch: variance divided by pixels - 1, plus 1e-6, as MAE's code.
 *
 * @param patches - `[batch, patches, pixels]`.
 * @returns Both `[batch, patches, 1]`.
 * @throws Error of the engine for patches of another rank.
 * @example
 * patchStatistics(tf.tensor3d([[[1, 3]]])); // mean 2, deviation 1.414
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, section 3 (normalised pixels).
 */
export function patchStatistics(patches: Tensor3D): { mean: Tensor3D; deviation: Tensor3D } {
  const pixels = patches.shape[2];
  const mean = tf.mean<Tensor3D>(patches, 2, true);
  const variance = tf.div(tf.sum(tf.square(tf.sub(patches, mean)), 2, true), Math.max(1, pixels - 1));
  return { mean, deviation: tf.sqrt(tf.add(variance, 1e-6)) };
}

/**
 * MAE: mean squared error of the pixels of hidden patches.
 *
 * `L = sum over hidden patches of mean over pixels of (prediction - target)^2 / hidden patches`, target being the patch, or
 * `(patch - mean) / sqrt(variance + 1e-6)` with its own mean and variance.
 *
 * @returns A scalar; about 1 for predictions of 0 with normalised targets; 0 where nothing is hidden.
 * @throws SslError where the shapes differ.
 * @example
 * maeLoss({ predictions: tf.zeros([1, 2, 3]), patches: tf.ones([1, 2, 3]), mask: tf.tensor2d([[1, 0]]), normalizeTargets: false }); // 1
 *
 * @see He et al., Masked Autoencoders Are Scalable Vision Learners, section 3.
 */
export function maeLoss({ predictions, patches, mask, normalizeTargets = maeLossDefaults.normalizeTargets }: MaeLossInput): Scalar {
  const [batch, count] = patches.shape;
  if (String(predictions.shape) !== String(patches.shape) || mask.shape[0] !== batch || mask.shape[1] !== count) {
    throw new SslError(
      `maeLoss needs predictions and patches [batch, patches, pixels] and a mask [batch, patches], got ` +
        `[${predictions.shape.join(', ')}], [${patches.shape.join(', ')}] and [${mask.shape.join(', ')}]. Make them of the same images.`,
      { from: '@ssl/mim' },
    );
  }
  return tf.tidy(() => {
    const { mean, deviation } = patchStatistics(patches);
    const targets = stopGradient(normalizeTargets ? tf.div(tf.sub(patches, mean), deviation) : patches);
    const errors = tf.mean(tf.square(tf.sub(predictions, targets)), 2); // [B, N]
    return tf.div(tf.sum(tf.mul(errors, mask)), tf.maximum(tf.sum(mask), 1));
  });
}
