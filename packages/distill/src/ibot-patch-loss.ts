import { requirePositive, SslError } from '@ssl/core';
import { logSoftmax, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { dinoLossDefaults } from './dino-loss.js';

/** What {@link ibotPatchLoss} compares. */
export interface IbotPatchLossInput {
  /** Logits of the student at masked positions, `[batch, positions, outputs]`. */
  readonly student: Tensor3D;
  /** Targets of the teacher, which saw the whole image, at the same positions, `[batch, positions, outputs]`, rows sum to 1. */
  readonly targets: Tensor3D;
  /** 1 for a masked position, 0 for one that only fills the rectangle, `[batch, positions]`. */
  readonly mask: Tensor2D;
  /** Temperature of the student; above 0. */
  readonly temperature?: number;
}

/**
 * iBOT's masked image modelling: the student, which does not see a patch, predicts what the teacher says of it.
 *
 * `L = mean over images of (1 / masked) sum over masked patches of -sum_k targets^k log softmax(student / temperature)^k`; an image
 * without masked patches counts as 0.
 *
 * @returns A scalar.
 * @throws SslError where the shapes differ or the temperature is not above 0.
 * @example
 * const student = tf.zeros([1, 2, 8]); // of 8 outputs, for two patches of one image
 * const targets = tf.fill([1, 2, 8], 1 / 8);
 * ibotPatchLoss({ student, targets, mask: tf.tensor2d([[1, 0]]) }); // ln(8) = 2.0794
 * ibotPatchLoss({ student, targets, mask: tf.zeros([1, 2]) }); // 0: nothing is masked
 *
 * @see Zhou et al., iBOT: Image BERT Pre-Training with Online Tokenizer, equation 2.
 */
export function ibotPatchLoss({ student, targets, mask, temperature = dinoLossDefaults.temperature }: IbotPatchLossInput): Scalar {
  const [batch, positions, outputs] = student.shape;
  if (String(targets.shape) !== String(student.shape) || mask.shape[0] !== batch || mask.shape[1] !== positions) {
    throw new SslError(
      `ibotPatchLoss needs student and targets [batch, positions, outputs] and a mask [batch, positions], got ` +
        `[${student.shape.join(', ')}], [${targets.shape.join(', ')}] and [${mask.shape.join(', ')}].`,
      { from: '@ssl/distill' },
    );
  }
  requirePositive(temperature, 'a temperature', 'ibotPatchLoss', '@ssl/distill');
  return tf.tidy(() => {
    const flat = tf.reshape(tf.div(student, temperature), [batch * positions, outputs]) as Tensor2D;
    const logProbabilities = tf.reshape(logSoftmax(flat), student.shape);
    const losses = tf.neg(tf.sum(tf.mul(stopGradient(targets), logProbabilities), 2)); // [B, P]
    const weights = tf.div(mask, tf.maximum(tf.sum(mask, 1, true), 1));
    return tf.div(tf.sum(tf.mul(losses, weights)), batch);
  });
}
