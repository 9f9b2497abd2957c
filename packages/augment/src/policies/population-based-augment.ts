import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { SslError } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { applyCutout, type CutoutParameters } from '../masks/cutout.js';
import { applyOperations, operationNames, type OperationName, type OperationParameters } from './operations.js';
import type { PbaPhase } from './pba-schedules.js';
import type { Transform } from '../transform/transform.js';

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
  /** Policies in the course of a run: {@link pbaSchedules}, or what {@link searchPbaSchedule} found. */
  readonly schedule?: readonly PbaPhase[];
  /** One policy for the whole run, in place of a schedule: 60 whole numbers, as in {@link PbaPhase}. */
  readonly policy?: readonly number[];
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
 * PBA: the 30 operations of a policy in random order, each firing with its probability, until none (0.2), one (0.3) or two
 * (0.5) have been applied; drawn for each image.
 *
 * A schedule is stretched over the run: phase k begins at the step at which the views' `progress` reaches its share of the epochs.
 * The policies are a table on the device, so one compiled function follows the whole schedule. Where no progress is told
 * (outside of a run), the last policy holds.
 *
 * @throws SslError unless every policy is 60 whole numbers: probabilities from 0 to 10, levels from 0 to 10, and unless either a
 * policy or a schedule with epochs is given.
 * @example
 * ```ts
 * const view = [randomCrop({ size: 32, padding: 4 }), populationBasedAugment({ schedule: pbaSchedules.cifar10 }), normalize()];
 * ```
 * Ho et al. 2019, arXiv:1905.05393, algorithm 1.
 */
export function populationBasedAugment({
  schedule,
  policy,
  fill = 0.5,
}: PopulationBasedAugmentOptions): Transform<Readonly<Record<string, PbaStepParameters>>> {
  const phases = checkedPhases(schedule, policy);
  const tables = phases.map(tableOf);
  const starts = startsOf(phases);
  const kinds = [...pbaOperations, ...pbaOperations];
  const column = (value: (name: (typeof kinds)[number]) => number): Tensor1D => tf.tensor1d(kinds.map(value));
  return {
    name: 'populationBasedAugment',
    draw: ({ batch, key, progress }) =>
      tf.tidy(() => {
        const count = kinds.length;
        const phase = progress === undefined ? tf.scalar(phases.length - 1, 'int32') : phaseAt(progress, starts);
        const row = (values: readonly (readonly number[])[]): Tensor1D =>
          tf.reshape(tf.gather(tf.tensor2d(values as number[][]), tf.reshape(phase, [1])), [count]);
        const probabilities = row(tables.map((table) => table.probabilities));
        const magnitudeRow = row(tables.map((table) => table.magnitudes));
        const uniforms = randomUniform<tf.Rank.R2>([batch, 2 * count + 7], key);
        const [forFiring, forOrder, rest] = tf.split(uniforms, [count, count, 7], 1) as [Tensor2D, Tensor2D, Tensor2D];
        const [forCount, ...others] = tf.unstack(rest, 1) as [Tensor1D, ...Tensor1D[]];
        const fired = tf.cast(tf.less(forFiring, probabilities), 'float32');
        // Of those that fired, in random order, the first two; 0 and less are those that did not.
        const first = tf.topk(tf.mul(fired, tf.sub(1, forOrder)), 2);
        const limits = [countProbabilities.none, countProbabilities.none + countProbabilities.one];
        const draws = steps.map((step): PbaStepParameters => {
          const pick = (tensor: Tensor): Tensor1D => tf.reshape(tf.slice(tensor, [0, step], [-1, 1]), [batch]);
          const [sign, y, x] = others.slice(3 * step, 3 * step + 3) as [Tensor1D, Tensor1D, Tensor1D];
          const active = tf.logicalAnd(tf.greater(pick(first.values as Tensor), 0), tf.greaterEqual(forCount, limits[step] ?? 1));
          const applied = tf.cast(active as Tensor1D, 'float32');
          const entry = pick(first.indices as Tensor);
          const of = (value: (name: (typeof kinds)[number]) => number): Tensor1D => tf.gather(column(value), entry);
          const magnitude = tf.gather(magnitudeRow, entry);
          const negative = tf.mul(of((name) => Number(magnitudes[name].signed ?? false)), tf.cast(tf.less(sign, 0.5), 'float32'));
          return {
            operation: tf.mul(applied, of((name) => (name === 'cutout' ? 0 : operationNames.indexOf(name)))),
            magnitude: tf.mul(magnitude, tf.sub(1, tf.mul(2, negative))),
            cutout: { y, x, size: tf.mul(applied, tf.mul(magnitude, of((name) => Number(name === 'cutout')))) },
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

function checkedPhases(schedule: readonly PbaPhase[] | undefined, policy: readonly number[] | undefined): readonly PbaPhase[] {
  const phases = policy === undefined ? (schedule ?? []).filter(({ epochs }) => epochs > 0) : [{ epochs: 1, policy }];
  if (phases.length === 0 || (policy !== undefined && schedule !== undefined)) {
    throw new SslError(
      'populationBasedAugment needs a policy or a schedule of at least one epoch, got ' +
        `${policy === undefined ? 'neither' : 'both'}. Take { schedule: pbaSchedules.cifar10 }.`,
      { from: '@ssl/augment' },
    );
  }
  const size = 4 * pbaOperations.length;
  for (const { policy: numbers } of phases) {
    if (numbers.length === size && numbers.every((value) => Number.isInteger(value) && value >= 0 && value <= 10)) continue;
    throw new SslError(
      `populationBasedAugment needs policies of ${String(size)} whole numbers from 0 to 10, got ${String(numbers.length)} numbers. ` +
        'Take { schedule: pbaSchedules.cifar10 }.',
      { from: '@ssl/augment' },
    );
  }
  return phases;
}

/** Probability and magnitude of each of the 30 operations. */
function tableOf({ policy }: PbaPhase): { readonly probabilities: readonly number[]; readonly magnitudes: readonly number[] } {
  const names = [...pbaOperations, ...pbaOperations];
  return {
    probabilities: names.map((_, index) => (policy[2 * index] ?? 0) / 10),
    magnitudes: names.map((name, index) => magnitudes[name].at(policy[2 * index + 1] ?? 0)),
  };
}

/** Share of the schedule that lies before each phase. */
function startsOf(phases: readonly PbaPhase[]): readonly number[] {
  const total = phases.reduce((sum, { epochs }) => sum + epochs, 0);
  let before = 0;
  return phases.map(({ epochs }) => {
    before += epochs;
    return (before - epochs) / total;
  });
}

/** The phase that `progress` lies in, int32. */
function phaseAt(progress: Scalar, starts: readonly number[]): Scalar {
  const begun = tf.greaterEqual(progress, tf.tensor1d([...starts]));
  return tf.cast(tf.sub(tf.sum(tf.cast(begun, 'float32')), 1), 'int32');
}
