import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomKey } from '../random/random-key.js';
import { apply } from './apply.js';
import { dropout, stochasticDepth } from './dropout.js';
import type { Module } from './module.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const run = (module: Module, step: number, training = true): number[] => {
  const x = tf.ones([200, 5]);
  const { output } = apply(module, module.init(0), x, { training, key: randomKey(0, step, 'test') });
  return [...output.dataSync()];
};

describe('dropout', () => {
  it('drops the rate, scales the others, and keeps the mean', () => {
    const values = run(dropout(0.25), 0);
    const dropped = values.filter((value) => value === 0).length / values.length;
    expect(dropped).toBeGreaterThan(0.2);
    expect(dropped).toBeLessThan(0.3);
    expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
  });

  it('draws anew in every step and the same in the same step', () => {
    expect(run(dropout(0.5), 1)).toEqual(run(dropout(0.5), 1));
    expect(run(dropout(0.5), 1)).not.toEqual(run(dropout(0.5), 2));
  });

  it('does nothing outside of training and at rate 0', () => {
    expect(new Set(run(dropout(0.9), 0, false))).toEqual(new Set([1]));
    expect(new Set(run(dropout(0), 0))).toEqual(new Set([1]));
  });

  it('refuses rates outside [0, 1)', () => {
    expect(() => dropout(1)).toThrow(/dropout needs a rate in \[0, 1\), got 1/);
    expect(() => stochasticDepth(-0.1)).toThrow(/stochasticDepth needs a rate/);
  });
});

describe('stochasticDepth', () => {
  it('drops whole samples', () => {
    const values = run(stochasticDepth(0.4), 0);
    const rows = Array.from({ length: 200 }, (_, i) => new Set(values.slice(5 * i, 5 * i + 5)));
    expect(rows.every((row) => row.size === 1)).toBe(true);
    const dropped = rows.filter((row) => row.has(0)).length;
    expect(dropped).toBeGreaterThan(55);
    expect(dropped).toBeLessThan(105);
  });
});
