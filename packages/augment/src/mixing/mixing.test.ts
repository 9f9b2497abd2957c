import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { beforeAll, describe, expect, it } from 'vitest';
import { applyCutmix, applyMixup, drawBeta, drawCutmix, drawMixup, mixLabels } from '../index.js';

interface MixingCase {
  readonly share: number;
  readonly box: [number, number, number, number] | null;
  readonly output: number[];
  readonly labels: number[];
}
interface Fixture {
  readonly mixing: {
    readonly images: number[];
    readonly shape: [number, number, number, number];
    readonly labels: number[];
    readonly mixup: MixingCase[];
    readonly cutmix: MixingCase[];
  };
}

/** Made by tools/golden/augment_strategies.py. */
const { mixing: golden } = JSON.parse(
  readFileSync(new URL('../__fixtures__/strategies.json', import.meta.url), 'utf8'),
) as Fixture;

const key = (): Tensor1D => randomKey(5, 0, 'mixing');
const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];
const worst = (got: tf.Tensor, expected: readonly number[]): number =>
  numbers(got).reduce((most, value, index) => Math.max(most, Math.abs(value - (expected[index] ?? NaN))), 0);

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('torchvision on the same batch', () => {
  const images = (): Tensor4D => tf.tensor4d(golden.images, golden.shape);
  const labels = (): Tensor2D => tf.oneHot(tf.tensor1d(golden.labels, 'int32'), 3) as Tensor2D;
  const partner = (): Tensor1D => tf.tensor1d([2, 0, 1], 'int32'); // roll by one
  const all = (value: number): Tensor1D => tf.fill([3], value);

  it.each(golden.mixup)('MixUp with $share', ({ share, output, labels: soft }) => {
    const parameters = { partner: partner(), share: all(share) };
    expect(worst(applyMixup(images(), parameters), output)).toBeLessThan(2e-6);
    expect(worst(mixLabels(tf.cast(labels(), 'float32'), parameters), soft)).toBeLessThan(2e-6);
  });

  it.each(golden.cutmix)('CutMix with box $box', ({ share, box, output, labels: soft }) => {
    const [left, top, right, bottom] = box ?? [NaN, NaN, NaN, NaN];
    const [, height, width] = golden.shape;
    expect(share).toBeCloseTo(1 - ((right - left) * (bottom - top)) / (height * width), 6);
    const sides = { top: all(top), left: all(left), bottom: all(bottom), right: all(right) };
    const parameters = { partner: partner(), share: all(share), ...sides };
    expect(worst(applyCutmix(images(), parameters), output)).toBeLessThan(2e-6);
    expect(worst(mixLabels(tf.cast(labels(), 'float32'), parameters), soft)).toBeLessThan(2e-6);
  });
});

describe('draws', () => {
  /** Distribution function of Beta(alpha, alpha) by summing its density; the ends by symmetry. */
  function betaDistribution(alpha: number): (value: number) => number {
    const steps = 20000;
    const cumulative = new Float64Array(steps + 1);
    for (let index = 0; index < steps; index++) {
      const x = (index + 0.5) / steps;
      cumulative[index + 1] = (cumulative[index] ?? 0) + (x * (1 - x)) ** (alpha - 1);
    }
    const total = cumulative[steps] ?? NaN;
    return (value) => (cumulative[Math.round(value * steps)] ?? NaN) / total;
  }

  it.each([0.8, 1, 2, 5])('drawBeta follows the beta distribution with both parameters %f', (alpha) => {
    const sample = numbers(drawBeta(4000, key(), alpha)).sort((a, b) => a - b);
    const distribution = betaDistribution(alpha);
    const gap = sample.reduce(
      (most, value, index) =>
        Math.max(most, Math.abs(distribution(value) - (index + 0.5) / sample.length)),
      0,
    );
    expect(gap * Math.sqrt(sample.length)).toBeLessThan(1.95); // Kolmogorov and Smirnov, one in a thousand
  });

  it('drawBeta of a small alpha has its variance and no NaN', () => {
    const sample = numbers(drawBeta(4000, key(), 0.05));
    expect(sample.every((value) => value >= 0 && value <= 1)).toBe(true);
    const variance = sample.reduce((sum, value) => sum + (value - 0.5) ** 2, 0) / sample.length;
    expect(variance).toBeCloseTo(1 / (4 * (2 * 0.05 + 1)), 2);
  });

  it('partners are a permutation, shares are of each image or of the batch', () => {
    const own = drawMixup(64, key(), { alpha: 0.4 });
    expect(numbers(own.partner).sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, index) => index));
    expect(new Set(numbers(own.share)).size).toBeGreaterThan(60);
    expect(new Set(numbers(drawMixup(64, key(), { each: 'batch' }).share)).size).toBe(1);
  });

  it('the share of CutMix is the area that is left', () => {
    const parameters = drawCutmix([200, 9, 12, 3], key());
    const boxes = [parameters.top, parameters.left, parameters.bottom, parameters.right].map(numbers);
    const ones = applyCutmix(tf.ones([200, 9, 12, 3]), { ...parameters, partner: parameters.partner });
    expect(worst(ones, new Array<number>(200 * 9 * 12 * 3).fill(1))).toBe(0);
    for (const [index, share] of numbers(parameters.share).entries()) {
      const [top = NaN, left = NaN, bottom = NaN, right = NaN] = boxes.map((side) => side[index]);
      expect(top >= 0 && left >= 0 && bottom <= 9 && right <= 12 && bottom >= top && right >= left).toBe(true);
      expect(share).toBeCloseTo(1 - ((bottom - top) * (right - left)) / 108, 5);
    }
  });

  it('refuses an alpha of 0', () => {
    expect(() => drawMixup(2, key(), { alpha: 0 })).toThrow(/alpha above 0/);
  });
});
