import * as tf from '@tensorflow/tfjs-core';
import { checkOptimizerOptions } from './check-optimizer-options.js';
import { applyMomentum, type MomentumOptions } from './momentum.js';
import type { Optimizer } from './optimizer.js';
import { updateEach, zeroSlots } from './update-each.js';

/** Options of {@link sgd}, see {@link MomentumOptions}. */
export type SgdOptions = Partial<MomentumOptions>;

/** Defaults of {@link sgd}: the momentum of every SGD recipe in self-supervised learning. */
export const sgdDefaults = { momentum: 0.9, dampening: 0, nesterov: false } as const satisfies SgdOptions;

/**
 * Stochastic gradient descent as `torch.optim.SGD`: weight decay is added to the gradient, before the momentum.
 *
 * `grad += weightDecay * param; buffer = momentum * buffer + grad; param -= learningRate * buffer`
 *
 * @throws SslError for a momentum outside 0 to 1, or Nesterov's correction without momentum or with dampening.
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const settings = { ...sgdDefaults, ...options };
  checkOptimizerOptions('sgd', { momentum: settings.momentum, dampening: settings.dampening }, settings);
  const slots = settings.momentum === 0 ? [] : ['momentum'];
  return {
    name: 'sgd',
    init: (params) => zeroSlots(params, slots),
    update: (input) =>
      updateEach(input, slots, ({ param, grad, state, learningRate, weightDecay, age }) => {
        const decayed = weightDecay === null ? grad : tf.add(grad, tf.mul(param, weightDecay));
        const { direction, buffer } = applyMomentum(decayed, state.momentum ?? decayed, age, settings);
        return { param: tf.sub(param, tf.mul(direction, learningRate)), state: { momentum: buffer } };
      }, `sgd ${JSON.stringify(settings)}`),
  };
}
