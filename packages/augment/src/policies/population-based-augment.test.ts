import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { compile, randomKey } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { beforeAll, describe, expect, it } from 'vitest';
import { composeViews, operationNames, pbaOperations, pbaPolicyAt, pbaSchedules, populationBasedAugment, type OperationName } from '../index.js';

const count = 4000;
const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
const context = (batch: number): { batch: number; aspects: Tensor1D; key: Tensor1D } => ({
  batch,
  aspects: tf.ones([batch]),
  key: randomKey(2, 0, 'pba'),
});

/** A policy in which only these operations fire: probability and level, in their first place. */
function policyOf(entries: Partial<Record<(typeof pbaOperations)[number], readonly [number, number]>>): number[] {
  return [...pbaOperations, ...pbaOperations].flatMap((name, index) => (index < 15 ? [...(entries[name] ?? [0, 0])] : [0, 0]));
}

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('pbaSchedules', () => {
  it('are whole', () => {
    const epochs = Object.values(pbaSchedules).map((phases) => phases.reduce((sum, phase) => sum + phase.epochs, 0));
    expect(epochs).toEqual([200, 160]);
    for (const { policy } of Object.values(pbaSchedules).flat()) expect(policy.length).toBe(60);
    // Lines of the published file: nothing at first, then from epoch 12 on rotate with 0, translateX with .3 at 7 …
    expect(pbaPolicyAt(pbaSchedules.cifar10, 11).every((value) => value === 0)).toBe(true);
    expect(pbaPolicyAt(pbaSchedules.cifar10, 12).slice(0, 6)).toEqual([0, 3, 3, 7, 1, 9]);
  });

  it('stretch over a run of another length', () => {
    expect(pbaPolicyAt(pbaSchedules.cifar10, 23, 400)).toBe(pbaPolicyAt(pbaSchedules.cifar10, 11));
    expect(pbaPolicyAt(pbaSchedules.cifar10, 24, 400)).toBe(pbaPolicyAt(pbaSchedules.cifar10, 12));
    expect(pbaPolicyAt(pbaSchedules.cifar10, 1000)).toBe(pbaPolicyAt(pbaSchedules.cifar10, 199));
  });
});

describe('populationBasedAugment', () => {
  const share = (values: readonly number[], name: OperationName): number =>
    values.filter((value) => value === operationNames.indexOf(name)).length / values.length;

  it('applies none, one or two operations with .2, .3 and .5, in random order', () => {
    const transform = populationBasedAugment({ policy: policyOf({ rotate: [10, 5], invert: [10, 0] }) });
    const { 0: first, 1: second } = transform.draw(context(count));
    const [one, two] = [first, second].map((step) => numbers(step?.operation ?? tf.tensor([])));
    expect(share(one ?? [], 'identity')).toBeCloseTo(0.2, 1);
    expect(share(two ?? [], 'identity')).toBeCloseTo(0.5, 1);
    expect(share(one ?? [], 'rotate')).toBeCloseTo(0.4, 1); // either may come first
    expect(one?.every((value, index) => value !== two?.[index] || value === 0)).toBe(true); // never the same twice
    const angles = numbers(first?.magnitude ?? tf.tensor([])).filter((_, index) => one?.[index] === operationNames.indexOf('rotate'));
    expect(new Set(angles)).toEqual(new Set([15, -15]));
  });

  it('lets an operation fire with its probability', () => {
    const transform = populationBasedAugment({ policy: policyOf({ equalize: [3, 0] }) });
    const { 0: first } = transform.draw(context(count));
    const expected = 0.3 * 0.8;
    const observed = share(numbers(first?.operation ?? tf.tensor([])), 'equalize');
    expect(Math.abs(observed - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / count));
  });

  it('cuts out squares of twice the level', () => {
    const transform = populationBasedAugment({ policy: policyOf({ cutout: [10, 3] }), fill: 0 });
    const planes = tf.ones([32, 1, 20, 20]) as tf.Tensor4D;
    const areas = numbers(tf.sum(tf.sub(1, transform.apply(planes, transform.draw(context(32)))), [1, 2, 3]));
    expect(Math.max(...areas)).toBe(36);
    expect(areas.filter((area) => area === 0).length).toBeGreaterThan(1);
  });

  it('runs the published policies', () => {
    const planes = randomUniform<tf.Rank.R4>([8, 3, 16, 16], randomKey(1, 0, 'pixels'));
    for (const epoch of [0, 100, 199]) {
      const transform = populationBasedAugment({ policy: pbaPolicyAt(pbaSchedules.cifar10, epoch) });
      const out = transform.apply(planes, transform.draw(context(8)));
      expect(tf.min(out).dataSync()[0]).toBeGreaterThanOrEqual(0);
      expect(tf.max(out).dataSync()[0]).toBeLessThanOrEqual(1 + 1e-6);
    }
  });

  it('refuses a policy of another length or with other numbers', () => {
    expect(() => populationBasedAugment({ policy: [1, 2] })).toThrow(/60 whole numbers.*got 2/s);
    expect(() => populationBasedAugment({ policy: new Array<number>(60).fill(11) })).toThrow(/0 to 10/);
    expect(() => populationBasedAugment({})).toThrow(/policy or a schedule.*neither/);
    expect(() => populationBasedAugment({ schedule: [{ epochs: 3, policy: [1] }] })).toThrow(/60 whole numbers.*got 1/);
  });

  it('follows its schedule inside one compiled function, step for step', async () => {
    const schedule = [
      { epochs: 1, policy: policyOf({}) },
      { epochs: 3, policy: policyOf({ rotate: [10, 5] }) },
      { epochs: 2, policy: policyOf({ invert: [10, 0] }) },
    ];
    const transform = populationBasedAugment({ schedule });
    await useBackend({ device: 'cpu' });
    const draw = compile(
      ({ progress, key }: { progress: tf.Scalar; key: Tensor1D }) => transform.draw({ ...context(200), progress, key }),
      { name: 'draw' },
    );
    // A run of 12 epochs, 7 steps each: phases change at epochs 2 and 8, at that very step.
    const total = 84;
    const drawnAt = async (step: number): Promise<Set<string | undefined>> => {
      const drawn = await draw({ progress: tf.scalar(step / total), key: randomKey(3, step, 'pba') });
      return new Set(numbers(drawn['0']?.operation ?? tf.tensor([])).map((index) => operationNames[index]));
    };
    for (const [step, name] of [[0, 'identity'], [13, 'identity'], [14, 'rotate'], [55, 'rotate'], [56, 'invert'], [83, 'invert']] as const) {
      expect(await drawnAt(step), `step ${String(step)}`).toEqual(new Set(['identity', name]));
    }
    draw.dispose();
    await useBackend({ device: 'js' });
  });

  it('takes the last policy where no progress is told', () => {
    const schedule = [
      { epochs: 9, policy: policyOf({}) },
      { epochs: 1, policy: policyOf({ invert: [10, 0] }) },
    ];
    const { 0: first } = populationBasedAugment({ schedule }).draw(context(200));
    expect(share(numbers(first?.operation ?? tf.tensor([])), 'invert')).toBeGreaterThan(0.6);
  });

  it('is told the progress by views', () => {
    const schedule = [
      { epochs: 1, policy: policyOf({}) },
      { epochs: 1, policy: policyOf({ invert: [10, 0] }) },
    ];
    const views = composeViews([[populationBasedAugment({ schedule })]]);
    const mean = (progress: number): number => {
      const images = tf.zeros([64, 4, 4, 3]) as tf.Tensor4D;
      const made = views({ images, aspects: tf.ones([64]), key: randomKey(1, 0, 'views'), progress: tf.scalar(progress) });
      return numbers(tf.mean(made.views[0] ?? tf.scalar(0)))[0] ?? NaN;
    };
    expect(mean(0.25)).toBe(0);
    expect(mean(0.75)).toBeGreaterThan(0.6);
  });
});
