import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { applyCutout, type CutoutParameters } from './cutout.js';
import { applyOperations, operationNames, type OperationName, type OperationParameters } from './operations.js';
import type { PbaPhase } from './pba-schedules.js';
import type { Transform } from './transform.js';

/** Operations of a PBA policy, in the order of its numbers. */
export const pbaOperations = [
  'rotate',
  'translateX',
  'translateY',
  'brightness',
  'saturation',
  'invert',
  'sharpness',
  'posterize',
  'shearX',
  'solarize',
  'shearY',
  'equalize',
  'autocontrast',
  'cutout',
  'contrast',
] as const satisfies readonly (OperationName | 'cutout')[];

/** Magnitude at a level of 0 to 10, and whether it is applied with either sign. Integer truncation is PBA's. */
const magnitudes: Readonly<Record<(typeof pbaOperations)[number], { readonly at: (level: number) => number; readonly signed?: true }>> = {
  rotate: { at: (level) => 3 * level, signed: true },
  translateX: { at: (level) => level, signed: true },
  translateY: { at: (level) => level, signed: true },
  brightness: { at: (level) => 0.18 * level - 0.9 },
  saturation: { at: (level) => 0.18 * level - 0.9 },
  invert: { at: () => 0 },
  sharpness: { at: (level) => 0.18 * level - 0.9 },
  posterize: { at: (level) => 4 - Math.trunc(0.4 * level) },
  shearX: { at: (level) => 0.03 * level, signed: true },
  solarize: { at: (level) => (256 - Math.trunc(25.6 * level)) / 255 },
  shearY: { at: (level) => 0.03 * level, signed: true },
  equalize: { at: () => 0 },
  autocontrast: { at: () => 0 },
  cutout: { at: (level) => 2 * level },
  contrast: { at: (level) => 0.18 * level - 0.9 },
};

export interface PopulationBasedAugmentOptions {
  /** 60 whole numbers, as in {@link PbaPhase}; {@link pbaPolicyAt} takes those of an epoch out of a schedule. */
  readonly policy: readonly number[];
  /** Value of what comes from outside the image and of cut-out squares; PBA's code takes the data set's mean. */
  readonly fill?: number;
}

export type PbaStepParameters = OperationParameters & { readonly cutout: CutoutParameters };

/** How many operations an image gets at most, with their probabilities in PBA. */
const countProbabilities = { none: 0.2, one: 0.3 } as const;
const steps = [0, 1] as const;

/** Policy of an epoch; a run of other length than the search stretches the schedule. */
export function pbaPolicyAt(schedule: readonly PbaPhase[], epoch: number, totalEpochs?: number): readonly number[] {
  const searched = schedule.reduce((sum, { epochs }) => sum + epochs, 0);
  const position = (epoch * searched) / (totalEpochs ?? searched);
  let end = 0;
  for (const { epochs, policy } of schedule) {
    end += epochs;
    if (position < end) return policy;
  }
  return schedule.at(-1)?.policy ?? [];
}

/**
 * One policy of a PBA schedule: the 30 operations in random order, each firing with its probability, until none (0.2), one (0.3)
 * or two (0.5) have been applied; drawn for each image.
 *
 * @throws SslError unless the policy is 60 whole numbers from 0 to 10.
 * @example
 * ```ts
 * populationBasedAugment({ policy: pbaPolicyAt(pbaSchedules.cifar10, 120) });
 * ```
 * Ho et al. 2019, arXiv:1905.05393, algorithm 1.
 */
export function populationBasedAugment({
  policy,
  fill = 0.5,
}: PopulationBasedAugmentOptions): Transform<Readonly<Record<string, PbaStepParameters>>> {
  const size = 4 * pbaOperations.length;
  if (policy.length !== size || !policy.every((value) => Number.isInteger(value) && value >= 0 && value <= 10)) {
    throw new SslError(
      `populationBasedAugment needs a policy of ${String(size)} whole numbers from 0 to 10, got ${String(policy.length)} numbers. ` +
        'Take pbaPolicyAt(pbaSchedules.cifar10, epoch).',
      { from: '@ssl/augment' },
    );
  }
  const entries = Array.from({ length: 2 * pbaOperations.length }, (_, index) => {
    const name = pbaOperations[index % pbaOperations.length] ?? 'rotate';
    const { at, signed = false } = magnitudes[name];
    return { name, probability: (policy[2 * index] ?? 0) / 10, magnitude: at(policy[2 * index + 1] ?? 0), signed };
  });
  const column = (value: (entry: (typeof entries)[number]) => number): Tensor1D => tf.tensor1d(entries.map(value));
  return {
    name: 'populationBasedAugment',
    draw: ({ batch, key }) =>
      tf.tidy(() => {
        const count = entries.length;
        const uniforms = randomUniform<tf.Rank.R2>([batch, 2 * count + 7], key);
        const [forFiring, forOrder, rest] = tf.split(uniforms, [count, count, 7], 1) as [Tensor2D, Tensor2D, Tensor2D];
        const [forCount, ...others] = tf.unstack(rest, 1) as [Tensor1D, ...Tensor1D[]];
        const fired = tf.cast(tf.less(forFiring, column(({ probability }) => probability)), 'float32');
        // Of those that fired, in random order, the first two; 0 and less are those that did not.
        const first = tf.topk(tf.mul(fired, tf.sub(1, forOrder)), 2);
        const limits = [countProbabilities.none, countProbabilities.none + countProbabilities.one];
        const draws = steps.map((step): PbaStepParameters => {
          const pick = (tensor: Tensor): Tensor1D => tf.reshape(tf.slice(tensor, [0, step], [-1, 1]), [batch]);
          const [sign, y, x] = others.slice(3 * step, 3 * step + 3) as [Tensor1D, Tensor1D, Tensor1D];
          const active = tf.logicalAnd(tf.greater(pick(first.values as Tensor), 0), tf.greaterEqual(forCount, limits[step] ?? 1));
          const applied = tf.cast(active as Tensor1D, 'float32');
          const entry = pick(first.indices as Tensor);
          const of = (value: (entry: (typeof entries)[number]) => number): Tensor1D => tf.gather(column(value), entry);
          const negative = tf.mul(of(({ signed }) => Number(signed)), tf.cast(tf.less(sign, 0.5), 'float32'));
          return {
            operation: tf.mul(applied, of(({ name }) => (name === 'cutout' ? 0 : operationNames.indexOf(name)))),
            magnitude: tf.mul(of(({ magnitude }) => magnitude), tf.sub(1, tf.mul(2, negative))),
            cutout: { y, x, size: tf.mul(applied, of(({ name, magnitude }) => (name === 'cutout' ? magnitude : 0))) },
          };
        });
        return Object.fromEntries(draws.map((draw, step) => [String(step), draw]));
      }),
    apply: (planes, parameters) =>
      steps.reduce((current, step) => {
        const { cutout, ...operation } = parameters[step]!;
        const changed = applyOperations(current, operation, { fill, translation: 'pixels' });
        return applyCutout(changed, cutout, { value: fill });
      }, planes),
  };
}
