import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { foldIn, randomKey } from '../random/random-key.js';
import { randomIntegers } from './random-integers.js';
import { randomNormal } from './random-normal.js';
import { randomPermutation } from './random-permutation.js';
import { randomUniform } from './random-uniform.js';

interface Fixture {
  readonly cases: readonly { seed: [number, number]; uniform: number[]; normal: number[] }[];
  readonly large: { seed: [number, number]; shape: [number]; last: number[] };
}

const fixture = JSON.parse(
  readFileSync(new URL('./__fixtures__/stateless-random.json', import.meta.url), 'utf8'),
) as Fixture;

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const keyOf = (seed: readonly [number, number]): Tensor1D => tf.tensor1d([...seed], 'int32');

describe("TensorFlow's stateless random numbers", () => {
  it.each(fixture.cases)('uniform, bit for bit, seed $seed', ({ seed, uniform }) => {
    expect([...randomUniform<tf.Rank.R1>([uniform.length], keyOf(seed)).dataSync()]).toEqual(uniform);
  });

  it.each(fixture.cases)('normal, seed $seed', ({ seed, normal }) => {
    randomNormal<tf.Rank.R1>([normal.length], keyOf(seed))
      .dataSync()
      .forEach((value, i) => expect(Math.abs(value - (normal[i]!))).toBeLessThan(1e-6));
  });

  it('goes on the same in a long draw', () => {
    const { seed, shape, last } = fixture.large;
    expect([...randomUniform<tf.Rank.R1>(shape, keyOf(seed)).dataSync().slice(-5)]).toEqual(last);
  });
});

describe('draws', () => {
  it('have the range, mean and deviation that were asked for', () => {
    const uniform = randomUniform<tf.Rank.R1>([20_000], randomKey(1, 0, 'uniform'), -3, 5);
    expect(tf.min(uniform).dataSync()[0]).toBeGreaterThanOrEqual(-3);
    expect(tf.max(uniform).dataSync()[0]).toBeLessThan(5);
    expect(tf.mean(uniform).dataSync()[0]).toBeCloseTo(1, 1);
    const { mean, variance } = tf.moments(randomNormal<tf.Rank.R1>([20_000], randomKey(1, 0, 'normal'), 2, 0.5));
    expect(mean.dataSync()[0]).toBeCloseTo(2, 1);
    expect(variance.dataSync()[0]).toBeCloseTo(0.25, 1);
  });

  it('whole numbers reach every value and no other', () => {
    const drawn = randomIntegers<tf.Rank.R2>([10, 100], randomKey(1, 2, 'integers'), -2, 3);
    expect(drawn.dtype).toBe('int32');
    expect(new Set(drawn.dataSync())).toEqual(new Set([-2, -1, 0, 1, 2]));
  });

  it('a permutation holds every index once', () => {
    const order = [...randomPermutation(50, randomKey(3, 0, 'order')).dataSync()];
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(order).not.toEqual([...order].sort((a, b) => a - b));
  });

  it('of different purposes and steps are uncorrelated', () => {
    const key = randomKey(5, 7, 'a');
    const keys = [key, randomKey(5, 8, 'a'), randomKey(6, 7, 'a'), randomKey(5, 7, 'b'), foldIn(key, 0), foldIn(key, 1)];
    const draws = keys.map((k) => randomNormal<tf.Rank.R1>([4000], k));
    draws.forEach((a, i) =>
      draws.slice(i + 1).forEach((b) => {
        expect(Math.abs(tf.mean(tf.mul(a, b)).dataSync()[0]!)).toBeLessThan(0.07);
      }),
    );
  });
});
