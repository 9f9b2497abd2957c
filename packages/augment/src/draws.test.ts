import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  cutout,
  drawColourJitter,
  drawGaussianBlur,
  drawRandomErasing,
  drawRandomResizedCrop,
  gaussianNoise,
  horizontalFlip,
  operationNames,
  pbaOperations,
  populationBasedAugment,
  randomAffine,
  randomApply,
  randomAutocontrast,
  randomCrop,
  randomEqualize,
  randomGreyscale,
  randomInvert,
  randomPosterize,
  randomRightAngle,
  randomRotation,
  randomSharpness,
  randomSobel,
  solarize,
  verticalFlip,
  type DrawContext,
  type OperationName,
  type RandomResizedCropDrawOptions,
} from './index.js';
import { exploitPopulation } from './policies/exploit-population.js';
import { exploreDraws, explorePbaPolicy } from './policies/explore-pba-policy.js';

const count = 4000;
const key = (): Tensor1D => randomKey(7, 0, 'draws');
const ones = (): Tensor1D => tf.fill([count], 1);
const numbers = (tensor: tf.Tensor): number[] => [...tensor.dataSync()];

/**
 * Kolmogorov and Smirnov's D = max |empirical - expected distribution|, times √n. Above 1.95 in one of a thousand
 * samples that do follow the distribution.
 */
function kolmogorovSmirnov(sample: readonly number[], distribution: (value: number) => number): number {
  const sorted = [...sample].sort((a, b) => a - b);
  const n = sorted.length;
  const gaps = sorted.map((value, index) => {
    const expected = distribution(value);
    return Math.max(Math.abs(expected - index / n), Math.abs((index + 1) / n - expected));
  });
  return Math.sqrt(n) * Math.max(...gaps);
}

/** Pearson's statistic of observed counts against shares; left out: equal ones. */
function chiSquare(observed: readonly number[], shares: readonly number[] = observed.map(() => 1 / observed.length)): number {
  const total = observed.reduce((sum, value) => sum + value, 0);
  return observed.reduce((sum, value, index) => sum + (value - total * (shares[index] ?? NaN)) ** 2 / (total * (shares[index] ?? NaN)), 0);
}

/** How often each of the values comes; no other may. */
function countsOf(values: readonly number[], among: readonly number[]): number[] {
  expect(values.filter((value) => !among.includes(value))).toEqual([]);
  return among.map((one) => values.filter((value) => value === one).length);
}

/** The normal distribution; error function by Abramowitz and Stegun 7.1.26, exact to 1.5e-7. */
function normal(value: number): number {
  const x = Math.abs(value) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
  return value < 0 ? tail / 2 : 1 - tail / 2;
}

const uniform =
  (low: number, high: number) =>
  (value: number): number =>
    Math.min(1, Math.max(0, (value - low) / (high - low)));

/** Share of ones is within 4 standard deviations of the probability. */
function expectProbability(values: readonly number[], probability: number): void {
  expect(values.every((value) => value === 0 || value === 1)).toBe(true);
  const share = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.abs(share - probability)).toBeLessThanOrEqual(4 * Math.sqrt((probability * (1 - probability)) / values.length));
}

beforeAll(async () => {
  await useBackend({ device: 'js' });
});

describe('drawRandomResizedCrop', () => {
  const draw = (options: RandomResizedCropDrawOptions, aspect = 1): Record<'top' | 'left' | 'height' | 'width', number[]> & { flipped: number[] } => {
    const boxes = drawRandomResizedCrop(tf.mul(ones(), aspect), key(), options);
    return {
      top: numbers(boxes.top),
      left: numbers(boxes.left),
      height: numbers(boxes.height),
      width: numbers(boxes.width),
      flipped: numbers(boxes.flipped ?? tf.tensor([])),
    };
  };

  it('draws area and log ratio uniformly where every box fits', () => {
    const { width, height } = draw({ scale: [0.1, 0.6] });
    const area = width.map((value, index) => value * (height[index] ?? 0));
    const logRatio = width.map((value, index) => Math.log(value / (height[index] ?? 1)));
    expect(kolmogorovSmirnov(area, uniform(0.1, 0.6))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(logRatio, uniform(Math.log(3 / 4), Math.log(4 / 3)))).toBeLessThan(1.95);
  });

  it('draws the position uniformly over what fits, and flips', () => {
    const { top, left, width, height, flipped } = draw({ scale: [0.1, 0.6], flip: 0.5 });
    const relative = (start: number[], length: number[]): number[] =>
      start.map((value, index) => value / (1 - (length[index] ?? 0)));
    expect(kolmogorovSmirnov(relative(top, height), uniform(0, 1))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(relative(left, width), uniform(0, 1))).toBeLessThan(1.95);
    expectProbability(flipped, 0.5);
  });

  it('draws in the proportions of the original, not of the squeezed square', () => {
    const { width, height } = draw({ scale: [0.05, 0.3] }, 2); // twice as wide as high
    const logRatio = width.map((value, index) => Math.log((2 * value) / (height[index] ?? 1)));
    expect(kolmogorovSmirnov(logRatio, uniform(Math.log(3 / 4), Math.log(4 / 3)))).toBeLessThan(1.95);
  });

  it('follows a rejection loop where boxes often do not fit', () => {
    const { width, height } = draw({ scale: [0.5, 1] });
    // The loop of torchvision, with a generator of its own; two-sample statistic through its empirical distribution.
    let state = 12345;
    const next = (): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 0x80000000;
    const reference = Array.from({ length: 20000 }, () => {
      for (let attempt = 0; attempt < 10; attempt++) {
        const area = 0.5 + 0.5 * next();
        const ratio = Math.exp(Math.log(3 / 4) + next() * Math.log(16 / 9));
        if (Math.max(area * ratio, area / ratio) <= 1) return area;
      }
      return 1;
    }).sort((a, b) => a - b);
    const empirical = (value: number): number => {
      let low = 0;
      let high = reference.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((reference[middle] ?? 0) <= value) low = middle + 1;
        else high = middle;
      }
      return low / reference.length;
    };
    const area = width.map((value, index) => value * (height[index] ?? 0));
    expect(kolmogorovSmirnov(area, empirical)).toBeLessThan(1.95 * Math.sqrt(1 + count / reference.length));
    expect(Math.max(...width, ...height)).toBeLessThanOrEqual(1);
  });

  it('falls back to the largest centred box where no ratio fits', () => {
    const { width, height, top, left } = draw({ scale: [1, 1] }, 10);
    expect(height.every((value) => value === 1)).toBe(true);
    expect(width[0]).toBeCloseTo(4 / 3 / 10, 6);
    expect(top[0]).toBe(0);
    expect(left[0]).toBeCloseTo((1 - 4 / 30) / 2, 6);
  });

  it('refuses empty and reversed ranges', () => {
    expect(() => draw({ scale: [0.9, 0.5] })).toThrow(/scale.*got \[0.9, 0.5\]/s);
    expect(() => draw({ scale: [0, 1] })).toThrow(/scale/);
    expect(() => draw({ ratio: [2, 1] })).toThrow(/ratio/);
  });
});

describe('drawColourJitter', () => {
  it('draws each factor and the hue uniformly', () => {
    const { factors, hue } = drawColourJitter(count, key(), { brightness: 0.4, contrast: 0.3, saturation: 1.5, hue: 0.1, probability: 1 });
    const [brightness, contrast, saturation] = tf.unstack(factors, 1).map(numbers);
    expect(kolmogorovSmirnov(brightness ?? [], uniform(0.6, 1.4))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(contrast ?? [], uniform(0.7, 1.3))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(saturation ?? [], uniform(0, 2.5))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(numbers(hue), uniform(-0.1, 0.1))).toBeLessThan(1.95);
  });

  it('draws each of the 24 orders equally often', () => {
    const { order } = drawColourJitter(count, key());
    const counts = new Map<string, number>();
    for (const row of order.arraySync()) counts.set(row.join(), (counts.get(row.join()) ?? 0) + 1);
    expect(counts.size).toBe(24);
    expect(chiSquare([...counts.values()])).toBeLessThan(49.7); // 23 degrees of freedom, one in a thousand
  });

  it('leaves the stated share of images alone', () => {
    const { factors, hue } = drawColourJitter(count, key(), { probability: 0.8 });
    const [brightness] = tf.unstack(factors, 1).map(numbers);
    const untouched = numbers(hue).map((shift, index) => Number(shift === 0 && brightness?.[index] === 1));
    expectProbability(untouched, 0.2);
  });

  it('refuses a hue of more than half a turn', () => {
    expect(() => drawColourJitter(2, key(), { hue: 0.6 })).toThrow(/hue/);
    expect(() => drawColourJitter(2, key(), { contrast: -1 })).toThrow(/contrast/);
  });
});

describe('the other draws', () => {
  const context = (): DrawContext => ({ batch: count, aspects: ones(), key: key() });

  it('drawGaussianBlur', () => {
    const { sigma, applied } = drawGaussianBlur(count, key(), { sigma: [0.1, 2], probability: 0.3 });
    expect(kolmogorovSmirnov(numbers(sigma), uniform(0.1, 2))).toBeLessThan(1.95);
    expectProbability(numbers(applied), 0.3);
  });

  it('randomAffine and randomRotation draw each parameter uniformly', () => {
    const affine = randomAffine({ degrees: [-10, 30], translate: [0.1, 0.2], scale: [0.8, 1.1], shearX: [-5, 5] });
    const drawn = affine.draw(context());
    expect(kolmogorovSmirnov(numbers(drawn.angle), uniform(-10, 30))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(numbers(drawn.translateX), uniform(-0.1, 0.1))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(numbers(drawn.translateY), uniform(-0.2, 0.2))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(numbers(drawn.scale), uniform(0.8, 1.1))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(numbers(drawn.shearX), uniform(-5, 5))).toBeLessThan(1.95);
    expect(new Set(numbers(drawn.shearY))).toEqual(new Set([0]));
    const { angle } = randomRotation({ degrees: 15 }).draw(context());
    expect(kolmogorovSmirnov(numbers(angle), uniform(-15, 15))).toBeLessThan(1.95);
  });

  it('randomRightAngle draws the four turns equally often', () => {
    const turns = numbers(randomRightAngle().draw(context()).turns);
    const counts = [0, 1, 2, 3].map((turn) => turns.filter((value) => value === turn).length);
    expect(counts.reduce((sum, value) => sum + value, 0)).toBe(count);
    expect(chiSquare(counts)).toBeLessThan(16.3); // 3 degrees of freedom
  });

  it('randomCrop reaches every place equally often', () => {
    const planes = tf.tile(tf.reshape(tf.range(0, 6), [1, 1, 1, 6]), [count, 1, 6, 1]) as tf.Tensor4D;
    const crop = randomCrop({ size: 3 });
    const firsts = numbers(tf.slice(crop.apply(planes, crop.draw(context())), [0, 0, 0, 0], [-1, 1, 1, 1]));
    expect(chiSquare([0, 1, 2, 3].map((place) => firsts.filter((value) => value === place).length))).toBeLessThan(16.3);
  });

  it('gaussianNoise draws its deviation uniformly, and the noise has it', () => {
    const noise = gaussianNoise({ deviation: [0.02, 0.05], probability: 0.4 });
    const { deviation } = noise.draw(context());
    const applied = numbers(deviation).filter((value) => value > 0);
    expectProbability(numbers(deviation).map((value) => Number(value > 0)), 0.4);
    expect(kolmogorovSmirnov(applied, uniform(0.02, 0.05))).toBeLessThan(1.95);
    const always = gaussianNoise({ deviation: [0.05, 0.05], probability: 1 });
    const grey = tf.fill([1, 3, 40, 40], 0.5) as tf.Tensor4D;
    const noisy = always.apply(grey, always.draw({ batch: 1, aspects: tf.tensor1d([1]), key: key() }));
    const { mean, variance } = tf.moments(noisy);
    expect(mean.dataSync()[0]).toBeCloseTo(0.5, 2);
    expect(Math.sqrt(variance.dataSync()[0] ?? NaN)).toBeCloseTo(0.05, 3);
    const standard = numbers(noisy).map((value) => (value - 0.5) / 0.05); // half the range is 10 deviations: nothing is clipped
    expect(kolmogorovSmirnov(standard, normal)).toBeLessThan(1.95);
  });

  it('randomErasing draws area and log ratio uniformly where every box fits', () => {
    const drawn = drawRandomErasing(count, key(), { probability: 1, scale: [0.02, 0.2], ratio: [0.5, 2] });
    const [height, width] = [numbers(drawn.height), numbers(drawn.width)];
    const area = height.map((value, index) => value * (width[index] ?? NaN));
    const logRatio = height.map((value, index) => Math.log(value / (width[index] ?? NaN)));
    expect(kolmogorovSmirnov(area, uniform(0.02, 0.2))).toBeLessThan(1.95);
    expect(kolmogorovSmirnov(logRatio, uniform(-Math.LN2, Math.LN2))).toBeLessThan(1.95);
    expectProbability(numbers(drawRandomErasing(count, key(), { probability: 0.25 }).height).map((value) => Number(value > 0)), 0.25);
  });

  it('cutout takes every pixel as its middle equally often, and cuts what stands out', () => {
    const transform = cutout({ size: 3, value: 5 });
    const parameters = transform.draw(context());
    const out = transform.apply(tf.zeros([count, 1, 4, 4]), parameters);
    const areas = numbers(tf.div(tf.sum(out, [1, 2, 3]), 5));
    // 4 corners of 2 x 2, 8 borders of 2 x 3, 4 inner places of 3 x 3.
    const counts = [4, 6, 9].map((area) => areas.filter((value) => value === area).length);
    expect(counts.reduce((sum, value) => sum + value, 0)).toBe(count);
    const [corners = NaN, borders = NaN, inner = NaN] = counts;
    expect(chiSquare([corners, borders / 2, borders / 2, inner])).toBeLessThan(16.3);
  });

  it('randomPosterize draws each number of bits equally often', () => {
    const { bits, applied } = randomPosterize({ bits: [2, 5], probability: 0.3 }).draw(context());
    const drawn = numbers(bits);
    const counts = [2, 3, 4, 5].map((number) => drawn.filter((value) => value === number).length);
    expect(counts.reduce((sum, value) => sum + value, 0)).toBe(count);
    expect(chiSquare(counts)).toBeLessThan(16.3); // 3 degrees of freedom
    expectProbability(numbers(applied), 0.3);
    expect(new Set(numbers(randomPosterize({ bits: [3, 3] }).draw(context()).bits))).toEqual(new Set([3]));
    for (const wrong of [[5, 3], [-1, 3], [1, 9], [1.5, 2]] as const) expect(() => randomPosterize({ bits: wrong })).toThrow(/bits.*whole numbers/s);
  });

  it('randomSharpness draws its factor uniformly, 1 where not applied', () => {
    const factor = numbers(randomSharpness({ factor: [1.2, 3], probability: 0.4 }).draw(context()).factor);
    const changed = factor.filter((value) => value !== 1);
    expectProbability(factor.map((value) => Number(value !== 1)), 0.4);
    expect(kolmogorovSmirnov(changed, uniform(1.2, 3))).toBeLessThan(1.95);
    expect(() => randomSharpness({ factor: [-1, 2] })).toThrow(/factor/);
  });

  it('probabilities of flips, greyscale, solarize, equalize, autocontrast, invert, Sobel and any other, 0 and 1 included', () => {
    for (const probability of [0, 0.2, 0.5, 1]) {
      expectProbability(numbers(horizontalFlip({ probability }).draw(context()).applied), probability);
      expectProbability(numbers(verticalFlip({ probability }).draw(context()).applied), probability);
      expectProbability(numbers(randomEqualize({ probability }).draw(context()).applied), probability);
      expectProbability(numbers(randomAutocontrast({ probability }).draw(context()).applied), probability);
      expectProbability(numbers(randomInvert({ probability }).draw(context()).applied), probability);
      expectProbability(numbers(randomSobel({ probability }).draw(context()).applied), probability);
      expectProbability(numbers(randomApply(solarize(), { probability }).draw(context()).applied), probability);
      expectProbability(numbers(randomGreyscale({ probability }).draw(context()).applied), probability);
      const { threshold } = solarize({ probability, threshold: 0.5 }).draw(context());
      expectProbability(numbers(threshold).map((value) => Number(value === 0.5)), probability);
    }
  });
});

describe("PBA's draws", () => {
  const context = (): DrawContext => ({ batch: count, aspects: ones(), key: key() });
  const place = (name: OperationName): number => operationNames.indexOf(name);
  /** A policy with one number for each operation in its first place; the second places never fire. */
  const policyOf = (probability: (name: string) => number, level: number): number[] =>
    [...pbaOperations, ...pbaOperations].flatMap((name, index) => [index < pbaOperations.length ? probability(name) : 0, level]);

  it('applies none, one or two operations with .2, .3 and .5, each pair in either order equally often, either sign equally often', () => {
    const { 0: first, 1: second } = populationBasedAugment({ policy: policyOf((name) => (name === 'rotate' || name === 'invert' ? 10 : 0), 5) }).draw(context());
    const [one, two] = [numbers(first!.operation), numbers(second!.operation)];
    const applied = one.map((operation, index) => Number(operation !== 0) + Number(two[index] !== 0));
    expect(chiSquare(countsOf(applied, [0, 1, 2]), [0.2, 0.3, 0.5])).toBeLessThan(13.8); // 2 degrees of freedom
    expect(chiSquare(countsOf(one.filter((operation) => operation !== 0), [place('rotate'), place('invert')]))).toBeLessThan(10.8);
    const angles = numbers(first!.magnitude).filter((_, index) => one[index] === place('rotate'));
    expect(chiSquare(countsOf(angles, [-15, 15]))).toBeLessThan(10.8); // 1 degree of freedom
  });

  it('takes each of the operations that fire equally often, and each with its probability', () => {
    const equal = populationBasedAugment({ policy: policyOf((name) => (name === 'cutout' ? 0 : 10), 5) }).draw(context());
    const first = numbers(equal[0]!.operation).filter((operation) => operation !== 0);
    const names = pbaOperations.filter((name) => name !== 'cutout');
    expect(chiSquare(countsOf(first, names.map(place)))).toBeLessThan(34.5); // 13 degrees of freedom
    const rare = numbers(populationBasedAugment({ policy: policyOf((name) => (name === 'equalize' ? 3 : 0), 0) }).draw(context())[0]!.operation);
    expect(chiSquare(countsOf(rare, [0, place('equalize')]), [0.76, 0.24])).toBeLessThan(10.8); // fires with .3, and at least one is applied with .8
  });

  it('cuts out around every pixel equally often', () => {
    const { cutout: squares, operation } = populationBasedAugment({ policy: policyOf((name) => (name === 'cutout' ? 10 : 0), 5) }).draw(context())[0]!;
    expect(new Set(numbers(operation))).toEqual(new Set([0]));
    expect(chiSquare(countsOf(numbers(squares.size), [0, 10]), [0.2, 0.8])).toBeLessThan(10.8);
    for (const middle of [squares.y, squares.x]) expect(kolmogorovSmirnov(numbers(middle), uniform(0, 1))).toBeLessThan(1.95);
  });

  it('explores: a fifth anew, the rest by 0 to 3 in either direction', () => {
    const length = 2 * count;
    const explored = explorePbaPolicy(new Array<number>(length).fill(5), numbers(randomUniform<tf.Rank.R1>([length * exploreDraws], key())));
    // What a step of -3 to 3 reaches from 5, and what is drawn anew.
    const shares = (highest: number): number[] =>
      Array.from({ length: highest + 1 }, (_, value) => 0.2 / (highest + 1) + 0.8 * (value === 5 ? 1 / 4 : Math.abs(value - 5) <= 3 ? 1 / 8 : 0));
    const values = (highest: number): number[] => Array.from({ length: highest + 1 }, (_, value) => value);
    const [probabilities, levels] = [0, 1].map((rest) => explored.filter((_, index) => index % 2 === rest));
    expect(chiSquare(countsOf(probabilities!, values(10)), shares(10))).toBeLessThan(29.6); // 10 degrees of freedom
    expect(chiSquare(countsOf(levels!, values(9)), shares(9))).toBeLessThan(27.9); // 9 degrees of freedom
  });

  it('exploits: each of the best quarter is copied equally often', () => {
    const scores = Array.from({ length: 16 }, (_, member) => member);
    const uniforms = numbers(randomUniform<tf.Rank.R1>([1000 * scores.length], key()));
    const rounds = Array.from({ length: 1000 }, (_, round) => exploitPopulation(scores, uniforms.slice(16 * round, 16 * round + 16)));
    expect(new Set(rounds.map((round) => String(round.map(({ to }) => to).sort((a, b) => a - b))))).toEqual(new Set(['0,1,2,3']));
    expect(chiSquare(countsOf(rounds.flat().map(({ from }) => from), [12, 13, 14, 15]))).toBeLessThan(16.3); // 3 degrees of freedom
  });
});
