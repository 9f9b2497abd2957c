import { requirePositive, SslError } from '@ssl/core';
import { logSoftmax, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** How fast the training signal is let in. */
export type TsaSchedule = 'none' | 'linear' | 'log' | 'exp';

/**
 * Threshold of training signal annealing: labelled images whose class is predicted with more probability are left out of the loss.
 *
 * `eta = a (1 - 1/K) + 1/K` with `a = t/T` (linear), `1 - exp(-5 t/T)` (log), `exp(5 (t/T - 1))` (exp), 1 (none).
 *
 * @param progress Share of the run that is done, 0 to 1.
 * @param classes K, at least 2.
 * @returns From 1 / K to 1.
 * @throws SslError for a progress outside of 0 to 1, or fewer than 2 classes.
 * @example
 * tsaThreshold('linear', 0.5, 10); // 0.55
 *
 * @see Xie et al., Unsupervised Data Augmentation for Consistency Training, section 2.2 and appendix.
 */
export function tsaThreshold(schedule: TsaSchedule, progress: number, classes: number): number {
  if (!(progress >= 0 && progress <= 1) || !(classes >= 2)) {
    throw new SslError(`tsaThreshold needs a progress from 0 to 1 and 2 or more classes, got ${progress} and ${classes}. Divide the step by all steps.`, { from: '@ssl/distill' });
  }
  const shares = { none: 1, linear: progress, log: 1 - Math.exp(-5 * progress), exp: Math.exp(5 * (progress - 1)) };
  return shares[schedule] * (1 - 1 / classes) + 1 / classes;
}

/** What {@link supervisedTerm} looks at. */
export interface SupervisedTermInput {
  /** `[batch, classes]`. */
  readonly logits: Tensor2D;
  /** Class of each row, int32 `[batch]`; -1 where there is no label. */
  readonly labels: Tensor1D;
  /** Rows whose class has more probability do not count, see {@link tsaThreshold}; 1 or more counts all. */
  readonly threshold: Scalar | number;
}

/**
 * Cross-entropy of the labelled rows that are not yet too certain, over their number.
 *
 * @returns A scalar; 0 where no row counts.
 * @throws SslError where there is not one label for each row of logits.
 * @example
 * const logits = tf.tensor2d([[0, 0], [5, 0]]);
 * supervisedTerm({ logits, labels: tf.tensor1d([1, -1], 'int32'), threshold: 0.9 }); // ln(2) = 0.6931
 *
 * @see Xie et al., Unsupervised Data Augmentation for Consistency Training, equation 1 and section 2.2.
 */
export function supervisedTerm({ logits, labels, threshold }: SupervisedTermInput): Scalar {
  if (labels.rank !== 1 || labels.shape[0] !== logits.shape[0]) {
    throw new SslError(`supervisedTerm needs logits [batch, classes] and one label for each row, got [${logits.shape.join(', ')}] and [${labels.shape.join(', ')}]. Images without a label have -1.`, {
      from: '@ssl/distill',
    });
  }
  return tf.tidy(() => {
    const logProbabilities = logSoftmax(logits) as Tensor2D;
    const oneHot = tf.cast(tf.oneHot(tf.maximum(labels, tf.scalar(0, 'int32')), logits.shape[1]), 'float32');
    const logProbability = tf.sum<Tensor1D>(tf.mul(oneHot, logProbabilities), 1);
    const labelled = tf.greaterEqual(labels, tf.scalar(0, 'int32'));
    const open = tf.lessEqual(tf.exp(stopGradient(logProbability)), threshold);
    const counts = tf.cast(tf.logicalAnd(labelled, open), 'float32');
    return tf.div(tf.neg(tf.sum(tf.mul(logProbability, counts))), tf.maximum(tf.sum(counts), 1));
  });
}

/** What {@link consistencyTerm} compares. */
export interface ConsistencyTermInput {
  /** Logits of the image as it is, or weakly augmented, `[batch, classes]`; the target, without gradient. */
  readonly weak: Tensor2D;
  /** Logits of the strongly augmented image. */
  readonly strong: Tensor2D;
  /** 1 for rows that take part, `[batch]`; all if left out. */
  readonly rows?: Tensor1D;
  /** Sharpens the target: logits are divided by it; above 0. 1 leaves it as it is. */
  readonly temperature?: number;
  /** Least probability of the target's best class (before sharpening) for a row to count. */
  readonly confidence?: number;
}

/** Defaults of {@link consistencyTerm}. */
export const consistencyDefaults = { temperature: 0.4, confidence: 0.8 } as const;

/**
 * UDA's consistency: the prediction for a strongly augmented image should be that for the image itself.
 *
 * `L = mean over rows of 1[max softmax(weak) > confidence] KL( softmax(weak / temperature) || softmax(strong) )`; rows below the
 * confidence count as 0 in the mean, as in the authors' code.
 *
 * @returns A scalar, 0 or more.
 * @throws SslError where the shapes differ or the temperature is not above 0.
 * @example
 * const logits = tf.tensor2d([[5, 0]]);
 * consistencyTerm({ weak: logits, strong: logits, temperature: 1 }); // 0
 *
 * @see Xie et al., Unsupervised Data Augmentation for Consistency Training, equation 1 and section 2.
 */
export function consistencyTerm({ weak, strong, rows, ...options }: ConsistencyTermInput): Scalar {
  const { temperature, confidence } = { ...consistencyDefaults, ...options };
  if (String(weak.shape) !== String(strong.shape)) {
    throw new SslError(
      `consistencyTerm needs logits of the same images twice, got [${weak.shape.join(', ')}] and [${strong.shape.join(', ')}].`,
      { from: '@ssl/distill' },
    );
  }
  requirePositive(temperature, 'a temperature', 'consistencyTerm', '@ssl/distill');
  return tf.tidy(() => {
    const target = stopGradient(weak);
    const logTarget = logSoftmax(tf.div(target, temperature));
    const divergence = tf.sum(tf.mul(tf.exp(logTarget), tf.sub(logTarget, logSoftmax(strong))), 1);
    const sure = tf.cast(tf.greater(tf.max(tf.softmax(target), 1), confidence), 'float32');
    const taken = rows ?? tf.ones([weak.shape[0]]);
    return tf.div(tf.sum(tf.mul(divergence, tf.mul(sure, taken))), tf.maximum(tf.sum(taken), 1));
  });
}
