import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  applyOperations,
  autoAugment,
  autoAugmentMagnitudes,
  autoAugmentPolicies,
  operationNames,
  randAugment,
  randAugmentMagnitudes,
  toImages,
  toPlanes,
  trivialAugment,
  trivialAugmentMagnitudes,
  type MagnitudeTable,
  type OperationName,
} from '../index.js';

type GoldenTable = Readonly<Record<string, { readonly values: number[] | null; readonly signed: boolean }>>;
interface Fixture {
  readonly shape: [number, number, number, number];
  readonly image: number[];
  readonly operations: { readonly name: string; readonly magnitude: number; readonly output: number[] }[];
  readonly randAugment: GoldenTable;
  readonly autoAugment: GoldenTable;
  readonly trivialAugment: GoldenTable;
  readonly policies: Record<keyof typeof autoAugmentPolicies, [string, number, number | null][][]>;
}

/** Made by tools/golden/augment_strategies.py. */
const golden = JSON.parse(readFileSync(new URL('../__fixtures__/strategies.json', import.meta.url), 'utf8')) as Fixture;

const ours = (theirs: string): OperationName => {
  const name = { Color: 'saturation', AutoContrast: 'autocontrast' }[theirs] ?? theirs.charAt(0).toLowerCase() + theirs.slice(1);
  const found = operationNames.find((known) => known === name);
  if (!found) throw new Error(`no operation for ${theirs}`);
  return found;
};

const count = 4000;
const context = (): { batch: number; aspects: Tensor1D; key: Tensor1D } => ({
  batch: count,
  aspects: tf.ones([count]),
  key: randomKey(11, 0, 'strategies'),
});
const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

/** Pearson's statistic of observed counts against expected ones. */
function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  return observed.reduce((sum, value, index) => sum + (value - (expected[index] ?? NaN)) ** 2 / (expected[index] ?? NaN), 0);
}

function tally(values: readonly number[], of: number): number[] {
  const counts = new Array<number>(of).fill(0);
  for (const value of values) counts[value] = (counts[value] ?? NaN) + 1;
  return counts;
}

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('operations are those of torchvision', () => {
  it.each(golden.operations)('$name $magnitude', ({ name, magnitude, output }) => {
    const planes = toPlanes(tf.tensor4d(golden.image, golden.shape));
    const parameters = {
      operation: tf.tensor1d([operationNames.indexOf(ours(name))]),
      magnitude: tf.tensor1d([magnitude]),
    };
    const got = toImages(applyOperations(planes, parameters, { translation: 'pixels' })).dataSync();
    const worst = output.reduce((most, value, index) => Math.max(most, Math.abs(value - (got[index] ?? NaN))), 0);
    expect(worst).toBeLessThan(1e-5);
  });

  it('each image gets its own', () => {
    const cases = ['Rotate', 'Equalize', 'Color'].map((name) => golden.operations.find((entry) => entry.name === name));
    const images = tf.tile(tf.tensor4d(golden.image, golden.shape), [3, 1, 1, 1]);
    const parameters = {
      operation: tf.tensor1d(cases.map((entry) => operationNames.indexOf(ours(entry?.name ?? '')))),
      magnitude: tf.tensor1d(cases.map((entry) => entry?.magnitude ?? NaN)),
    };
    const got = toImages(applyOperations(toPlanes(images), parameters)).dataSync();
    const worst = cases
      .flatMap((entry) => entry?.output ?? [])
      .reduce((most, value, index) => Math.max(most, Math.abs(value - (got[index] ?? NaN))), 0);
    expect(worst).toBeLessThan(1e-5);
  });
});

describe('tables are those of torchvision', () => {
  it.each([
    ['randAugment', randAugmentMagnitudes(31), golden.randAugment],
    ['autoAugment', autoAugmentMagnitudes(), golden.autoAugment],
    ['trivialAugment', trivialAugmentMagnitudes(31), golden.trivialAugment],
  ] as [string, MagnitudeTable, GoldenTable][])('%s', (_, table, theirs) => {
    for (const [name, { values, signed }] of Object.entries(theirs)) {
      const range = table[ours(name)];
      expect(range?.signed).toBe(signed);
      for (const [bin, value] of (values ?? []).entries()) expect(range?.values[bin]).toBeCloseTo(value, 3);
    }
  });

  it.each(Object.keys(autoAugmentPolicies) as (keyof typeof autoAugmentPolicies)[])('policy %s', (name) => {
    const theirs = golden.policies[name].map((pair) =>
      pair.map(([operation, probability, magnitude]) => [ours(operation), probability, magnitude ?? 0]),
    );
    expect(autoAugmentPolicies[name]).toEqual(theirs);
  });
});

describe('draws', () => {
  it('randAugment draws the 14 operations equally often, and both signs', () => {
    const parameters = randAugment({ magnitude: 10 }).draw(context());
    expect(Object.keys(parameters)).toEqual(['0', '1']);
    for (const step of Object.values(parameters)) {
      const drawn = numbers(step.operation);
      const counts = tally(drawn, operationNames.length).filter((_, index) => operationNames[index] !== 'invert');
      expect(chiSquare(counts, counts.map(() => count / 14))).toBeLessThan(34.5); // 13 degrees of freedom, one in a thousand
      const rotated = numbers(step.magnitude).filter((_, index) => drawn[index] === operationNames.indexOf('rotate'));
      expect(new Set(rotated.map((value) => Math.round(value * 1e4)))).toEqual(new Set([100000, -100000]));
    }
  });

  it('trivialAugment draws every magnitude', () => {
    const { operation, magnitude } = trivialAugment().draw(context());
    const operations = numbers(operation);
    const solarized = numbers(magnitude).filter((_, index) => operations[index] === operationNames.indexOf('solarize'));
    const counts = tally(solarized.map((value) => Math.round(value * 30)), 31);
    expect(chiSquare(counts, counts.map(() => solarized.length / 31))).toBeLessThan(59.7); // 30 degrees of freedom
  });

  it('autoAugment applies each operation with its probability', () => {
    const policy = [
      [['rotate', 0.3, 9], ['invert', 1, 0]],
      [['shearX', 1, 5], ['equalize', 0, 0]],
    ] as const;
    const parameters = autoAugment({ policy }).draw(context());
    const first = tally(numbers((parameters[0]!).operation), operationNames.length);
    const second = tally(numbers((parameters[1]!).operation), operationNames.length);
    const at = (counts: number[], name: OperationName): number => counts[operationNames.indexOf(name)] ?? NaN;
    const half = count / 2;
    expect(chiSquare([at(first, 'rotate'), at(first, 'shearX'), at(first, 'identity')], [0.3 * half, half, 0.7 * half])).toBeLessThan(13.8);
    expect(chiSquare([at(second, 'invert'), at(second, 'identity')], [half, half])).toBeLessThan(10.8);
    expect(at(second, 'equalize')).toBe(0);
  });

  it('runs as part of a view', () => {
    const planes = toPlanes(tf.tile(tf.tensor4d(golden.image, golden.shape), [4, 1, 1, 1]));
    const small = { batch: 4, aspects: tf.ones([4]) as Tensor1D, key: randomKey(1, 0, 'strategies') };
    for (const transform of [randAugment(), trivialAugment(), autoAugment(), autoAugment({ policy: 'svhn' })]) {
      const out = transform.apply(planes, transform.draw(small) as never);
      expect(out.shape).toEqual(planes.shape);
      expect(tf.min(out).dataSync()[0]).toBeGreaterThanOrEqual(0);
      expect(tf.max(out).dataSync()[0]).toBeLessThanOrEqual(1);
    }
  });

  it('refuses a magnitude outside of the table and an empty policy', () => {
    expect(() => randAugment({ magnitude: 31 })).toThrow(/0 to 30.*got 31/s);
    expect(() => autoAugment({ policy: [] })).toThrow(/at least one pair/);
  });
});
