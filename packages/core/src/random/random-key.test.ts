import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { childSeed } from './hash.js';
import { foldIn, randomKey } from './random-key.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const words = (key: tf.Tensor1D): [number, number] => [...tf.tidy(() => key.dataSync<'int32'>())] as [number, number];

describe('randomKey', () => {
  it('is the same for a step as number and as tensor', () => {
    expect(words(randomKey(3, 70_000, 'views'))).toEqual(words(randomKey(3, tf.scalar(70_000, 'int32'), 'views')));
    expect(words(randomKey(3, 70_000, 'views'))).toEqual(words(randomKey(3, tf.scalar(70_000), 'views')));
  });

  it('tells seeds, steps and purposes apart', () => {
    const keys = new Set<string>();
    for (const seed of [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 52, -1]) {
      for (const step of [0, 1, 2, 1000]) {
        for (const purpose of ['a', 'b', 'ab', 'ba']) keys.add(String(words(randomKey(seed, step, purpose))));
      }
    }
    expect(keys.size).toBe(7 * 4 * 4);
  });

  it('changes about half of the bits of the key when any bit of the step or key changes', () => {
    // Each output bit must flip in 25 to 75 of 100 trials for every fifth input bit: 0.5 +- 5 deviations.
    const trials = 100;
    const flips = Array.from({ length: 64 }, () => new Array<number>(64).fill(0));
    for (let trial = 0; trial < trials; trial++) {
      const key = [childSeed(trial, 'a') | 0, childSeed(trial, 'b') | 0] as [number, number];
      const base = words(foldIn(tf.tensor1d(key, 'int32'), 'x'));
      for (let bit = 0; bit < 64; bit += 5) {
        const changed = [...key] as [number, number];
        changed[bit >> 5] = (changed[bit >> 5]!) ^ (1 << (bit & 31));
        const other = words(foldIn(tf.tensor1d(changed, 'int32'), 'x'));
        for (let out = 0; out < 64; out++) {
          const difference = (base[out >> 5]!) ^ (other[out >> 5]!);
          (flips[bit]!)[out]! += (difference >>> (out & 31)) & 1;
        }
      }
    }
    const all = flips.filter((_, bit) => bit % 5 === 0).flat();
    expect(Math.min(...all)).toBeGreaterThan(25);
    expect(Math.max(...all)).toBeLessThan(75);
  });

  it('frees its intermediate tensors', () => {
    const before = tf.memory().numTensors;
    const key = randomKey(1, 1, 'a');
    const folded = foldIn(key, 'b');
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([key, folded]);
  });

  it('depends on the order of folding', () => {
    const key = randomKey(0, 0, 'a');
    expect(words(foldIn(foldIn(key, 'x'), 'y'))).not.toEqual(words(foldIn(foldIn(key, 'y'), 'x')));
    expect(words(foldIn(key, 1))).not.toEqual(words(foldIn(key, '1')));
  });
});
