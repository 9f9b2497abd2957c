import * as tf from '@tensorflow/tfjs-core';
import { checkOptimizerOptions } from './check-optimizer-options.js';
import type { Optimizer } from './optimizer.js';
import { updateEach, zeroSlots } from './update-each.js';

export interface AdamwOptions {
  /** Decay of the running mean of gradients, 0 to 1 (1 excluded). */
  readonly beta1?: number;
  /** Decay of the running mean of squared gradients, 0 to 1 (1 excluded). */
  readonly beta2?: number;
  /** Added to the root of the squared mean, above 0. */
  readonly epsilon?: number;
}

/** Defaults of {@link adamw}: PyTorch's. */
export const adamwDefaults = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const satisfies AdamwOptions;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2), as `torch.optim.AdamW`.
 *
 * `param *= 1 - learningRate * weightDecay; m = beta1 m + (1 - beta1) grad; v = beta2 v + (1 - beta2) grad^2;`
 * `param -= learningRate / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + epsilon)`
 *
 * @throws SslError for a beta outside 0 to 1 or an epsilon that is not above 0.
 */
export function adamw(options: AdamwOptions = {}): Optimizer {
  const { beta1, beta2, epsilon } = { ...adamwDefaults, ...options };
  checkOptimizerOptions('adamw', { beta1, beta2 }, { epsilon });
  const slots = ['mean', 'square'];
  return {
    name: 'adamw',
    init: (params) => zeroSlots(params, slots),
    update: (input) =>
      updateEach(input, slots, ({ param, grad, state, learningRate, weightDecay, age }) => {
        const t = tf.add(age, 1);
        const decayed = weightDecay === null ? param : tf.mul(param, tf.sub(1, tf.mul(learningRate, weightDecay)));
        const mean = tf.add(tf.mul(state.mean!, beta1), tf.mul(grad, 1 - beta1));
        const square = tf.add(tf.mul(state.square!, beta2), tf.mul(tf.square(grad), 1 - beta2));
        const correction = tf.sqrt(oneMinusPower(beta2, t));
        const denominator = tf.add(tf.div(tf.sqrt(square), correction), epsilon);
        const rate = tf.div(learningRate, oneMinusPower(beta1, t));
        return {
          param: tf.sub(decayed, tf.mul(tf.div(mean, denominator), rate)),
          state: { mean, square },
        };
      }, `adamw ${beta1} ${beta2} ${epsilon}`),
  };
}

/** `1 - base^exponent` without the loss of digits that the subtraction has near 1. */
function oneMinusPower(base: number, exponent: tf.Tensor): tf.Tensor {
  return base === 0 ? tf.onesLike(exponent) : tf.neg(tf.expm1(tf.mul(exponent, Math.log(base))));
}
