import { requirePositive, SslError } from '@ssl/core';
import { sinkhorn, stopGradient } from '@ssl/core/ops';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';

/** Options of {@link swavLoss}. */
export interface SwavLossOptions {
  /** Temperature of the prediction; above 0. */
  readonly temperature?: number;
  /** Entropy of the assignment, see `sinkhorn`. */
  readonly epsilon?: number;
  /** Rounds of Sinkhorn-Knopp. */
  readonly iterations?: number;
  /** How many of the crops, the first ones, get codes that the others predict; the two large ones in the paper. */
  readonly assigned?: number;
  /**
   * Scores of earlier batches, one `[queue, prototypes]` for each assigned crop, that take part in the assignment only.
   */
  readonly queue?: readonly Tensor2D[];
  /** Weight of each row of the queue, `[queue]`: 0 while it is empty. */
  readonly queueWeights?: Tensor1D;
}

/** Defaults of {@link swavLoss}: the paper's. */
export const swavLossDefaults = { temperature: 0.1, epsilon: 0.05, iterations: 3, assigned: 2 } as const;

/**
 * Swapped prediction: the codes of one crop are predicted from every other crop of the same image.
 *
 * `L = mean over assigned crops s of mean over crops t != s of -sum_k q_s^k log softmax(scores_t / temperature)^k`; the codes `q_s`
 * come from `sinkhorn` over the whole batch (and the queue) and carry no gradient.
 *
 * @param scores Products of unit embeddings and unit prototypes, one `[batch, prototypes]` for each crop, assigned crops first.
 * @returns A scalar; ln(prototypes) where nothing is predicted.
 * @throws SslError where there are fewer than 2 crops, no assigned one, shapes differ, or temperature or epsilon is not above 0.
 *
 * @example
 * const scores = tf.tensor2d([[1, -1], [-1, 1]]);
 * swavLoss([scores, scores]); // about 0: each crop predicts the other's code
 *
 * @see Caron et al., Unsupervised Learning of Visual Features by Contrasting Cluster Assignments, equations 1 to 5.
 */
export function swavLoss(scores: readonly Tensor2D[], options: SwavLossOptions = {}): Scalar {
  const { temperature, epsilon, iterations, assigned } = { ...swavLossDefaults, ...options };
  checkScores(scores, assigned);
  requirePositive(temperature, 'a temperature', 'swavLoss', '@ssl/cca');
  requirePositive(epsilon, 'epsilon', 'swavLoss', '@ssl/cca');
  return tf.tidy(() => {
    const predictions = scores.map((score) => tf.logSoftmax(tf.div(score, temperature)));
    const terms = scores.slice(0, assigned).flatMap((score, s) => {
      const codes = assign(score, s, { ...options, epsilon, iterations });
      return predictions.filter((_, t) => t !== s).map((prediction) => tf.neg(tf.mean(tf.sum(tf.mul(codes, prediction), 1))));
    });
    return tf.div(tf.addN(terms), terms.length);
  });
}

/** Codes of the batch; the queue's rows take part and are cut off. */
function assign(scores: Tensor2D, crop: number, options: SwavLossOptions & { epsilon: number; iterations: number }): Tensor2D {
  const { queue, queueWeights, epsilon, iterations } = options;
  const older = queue?.[crop];
  if (!older) return sinkhorn(scores, { epsilon, iterations });
  const all = tf.concat([stopGradient(scores), older]);
  const codes = queueWeights
    ? sinkhorn(all, { epsilon, iterations, weights: tf.concat([tf.ones([scores.shape[0]]), queueWeights]) as Tensor1D })
    : sinkhorn(all, { epsilon, iterations });
  return tf.slice(codes, [0, 0], scores.shape);
}

function checkScores(scores: readonly Tensor2D[], assigned: number): void {
  const shapes = scores.map((score) => `[${score.shape.join(', ')}]`);
  if (scores.length < 2 || assigned < 1 || assigned > scores.length || new Set(shapes).size !== 1) {
    throw new SslError(
      `swavLoss needs the scores of at least 2 crops, all [batch, prototypes] of the same shape, and 1 to ${scores.length} assigned ones, ` +
        `got ${scores.length} (${shapes.join(' ')}) and ${assigned}. Multiply the unit embeddings of each crop with the prototypes.`,
      { from: '@ssl/cca' },
    );
  }
}
