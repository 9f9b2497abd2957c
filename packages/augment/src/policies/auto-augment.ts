import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { autoAugmentPolicies, type SubPolicy } from './auto-augment-policies.js';
import { drawUniforms } from '../transform/draw-uniforms.js';
import { autoAugmentMagnitudes } from './magnitudes.js';
import { applyOperations, operationNames, type OperationParameters, type OperationsOptions } from './operations.js';
import type { StepsParameters } from './rand-augment.js';
import type { Transform } from '../transform/transform.js';

export interface AutoAugmentOptions extends Pick<OperationsOptions, 'sampling' | 'fill'> {
  /** A published policy, or one of your own. */
  readonly policy?: keyof typeof autoAugmentPolicies | readonly SubPolicy[];
}

const steps = ['0', '1'] as const;

/**
 * Draws a pair of operations of the policy for each image, each applied with its probability: torchvision's
 * `AutoAugment`.
 *
 * @throws SslError for a policy without pairs.
 * Cubuk et al. 2018, arXiv:1805.09501.
 */
export function autoAugment({ policy = 'imagenet', ...options }: AutoAugmentOptions = {}): Transform<StepsParameters> {
  const pairs: readonly SubPolicy[] = typeof policy === 'string' ? autoAugmentPolicies[policy] : policy;
  if (pairs.length === 0) {
    throw new SslError('autoAugment needs a policy of at least one pair of operations, got none. Name a published one.', {
      from: '@ssl/augment',
    });
  }
  return {
    name: 'autoAugment',
    draw: ({ batch, key }) =>
      tf.tidy(() => {
        const uniforms = drawUniforms(batch, key, {
          pair: [0, pairs.length],
          probability0: [0, 1],
          probability1: [0, 1],
          sign0: [0, 1],
          sign1: [0, 1],
        });
        const pair = tf.cast<Tensor1D>(uniforms.pair, 'int32');
        return {
          0: drawStep(pairs, 0, { pair, probability: uniforms.probability0, sign: uniforms.sign0 }),
          1: drawStep(pairs, 1, { pair, probability: uniforms.probability1, sign: uniforms.sign1 }),
        };
      }),
    apply: (planes, parameters) =>
      steps.reduce(
        (current, step) => applyOperations(current, parameters[step]!, { ...options, translation: 'share' }),
        planes,
      ),
  };
}

interface StepDraws {
  readonly pair: Tensor1D;
  readonly probability: Tensor1D;
  readonly sign: Tensor1D;
}

/** The operation in place `step` of the drawn pairs; 'identity' where its probability says no. */
function drawStep(pairs: readonly SubPolicy[], step: 0 | 1, { pair, probability, sign }: StepDraws): OperationParameters {
  const table = autoAugmentMagnitudes();
  const column = (value: (pair: SubPolicy) => number): Tensor1D => tf.gather(tf.tensor1d(pairs.map(value)), pair);
  const range = (entry: SubPolicy): { readonly magnitude: number; readonly signed: boolean } => {
    const [name, , place] = entry[step];
    const { values = [0], signed = false } = table[name] ?? {};
    return { magnitude: values[place] ?? 0, signed };
  };
  const applied = tf.cast<Tensor1D>(tf.less(probability, column((entry) => entry[step][1])), 'float32');
  const negative = tf.mul(column((entry) => Number(range(entry).signed)), tf.cast(tf.less(sign, 0.5), 'float32'));
  const magnitude = tf.mul<Tensor1D>(column((entry) => range(entry).magnitude), tf.sub(1, tf.mul(2, negative)));
  // 'identity' has number 0.
  return { operation: tf.mul(applied, column((entry) => operationNames.indexOf(entry[step][0]))), magnitude };
}
