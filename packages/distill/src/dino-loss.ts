import { requirePositive, SslError } from '@ssl/core';
import { logSoftmax, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** What {@link dinoLoss} compares. */
export interface DinoLossInput {
  /** Logits of the student for every crop, global crops first, each `[batch, outputs]`. */
  readonly student: readonly Tensor2D[];
  /** Targets of the teacher for the global crops, each `[batch, outputs]`, rows sum to 1; see {@link centredTargets}. */
  readonly targets: readonly Tensor2D[];
  /** Temperature of the student; above 0. */
  readonly temperature?: number;
}

/** Defaults of {@link dinoLoss}: the paper's. */
export const dinoLossDefaults = { temperature: 0.1 } as const;

/**
 * What the teacher says: centred against one output taking all, sharpened against all being alike.
 *
 * `softmax((logits - centre) / temperature)`. No gradient.
 *
 * @param logits `[batch, outputs]`.
 * @param centre Running mean of the teacher's logits, `[outputs]`.
 * @param temperature Above 0; from .04 to .07 in the paper.
 * @returns `[batch, outputs]`, rows sum to 1.
 * @throws SslError for a number that is not above 0; a schedule's scalar is not looked at.
 * @example
 * centredTargets(tf.tensor2d([[0.04, 0.08]]), tf.tensor1d([0, 0.04]), 0.04); // [[0.5, 0.5]]
 *
 * @see Caron et al., Emerging Properties in Self-Supervised Vision Transformers, section 3.1.
 */
export function centredTargets(logits: Tensor2D, centre: Tensor1D, temperature: Scalar | number): Tensor2D {
  if (typeof temperature === 'number') requirePositive(temperature, 'a temperature', 'centredTargets', '@ssl/distill');
  return tf.tidy(() => tf.softmax(tf.div(tf.sub(stopGradient(logits), centre), temperature)) as Tensor2D);
}

/**
 * DINO: the student predicts, from every other crop of an image, what the teacher says of a global crop.
 *
 * `L = mean over pairs of a teacher crop t and a student crop s != t of -sum_k targets_t^k log softmax(student_s / temperature)^k`.
 *
 * @returns A scalar; ln(outputs) where student or teacher is uniform.
 * @throws SslError where there is no pair of different crops, shapes differ, or the temperature is not above 0.
 * @example
 * const logits = tf.tensor2d([[1, 0]]);
 * dinoLoss({ student: [logits, logits], targets: [tf.tensor2d([[1, 0]])] }); // about 0: the teacher is sure, and the student agrees
 *
 * @see Caron et al., Emerging Properties in Self-Supervised Vision Transformers, equation 3 and algorithm 1.
 */
export function dinoLoss({ student, targets, temperature = dinoLossDefaults.temperature }: DinoLossInput): Scalar {
  const shapes = new Set([...student, ...targets].map(({ shape }) => `[${shape.join(', ')}]`));
  if (student.length < 2 || targets.length < 1 || targets.length > student.length || shapes.size !== 1) {
    throw new SslError(
      `dinoLoss needs logits of at least 2 student crops and targets of the first of them, all [batch, outputs], ` +
        `got ${student.length} and ${targets.length} of shape ${[...shapes].join(' and ')}.`,
      { from: '@ssl/distill' },
    );
  }
  requirePositive(temperature, 'a temperature', 'dinoLoss', '@ssl/distill');
  return tf.tidy(() => {
    const predictions = student.map((logits) => logSoftmax(tf.div(logits, temperature)));
    const terms = targets.flatMap((target, t) =>
      predictions.filter((_, s) => s !== t).map((prediction) => crossEntropy(target, prediction as Tensor2D)),
    );
    return tf.div(tf.addN(terms), terms.length);
  });
}

function crossEntropy(targets: Tensor2D, logProbabilities: Tensor2D): Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(stopGradient(targets), logProbabilities), 1)));
}
