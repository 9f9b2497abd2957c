import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { l2Normalize } from '@ssl/core/ops';
import { embeddingRows as rows, extremeViews, gradientError } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { infoNce } from './info-nce.js';
import { mixHardNegatives } from './mix-hard-negatives.js';
import { mocoV3Loss } from './moco-v3-loss.js';
import { ntXent } from './nt-xent.js';

type Loss = (a: Tensor2D, b: Tensor2D, temperature: number) => Scalar;

/** Every exported loss, as a function of two views. */
const losses: Readonly<Record<string, Loss>> = {
  ntXent: (a, b, temperature) => ntXent(a, b, { temperature }).loss,
  infoNce: (a, b, temperature) => infoNce(a, b, tf.concat([a, b]), { temperature }).loss,
  'infoNce of unit vectors': (a, b, temperature) => infoNce(l2Normalize(a), l2Normalize(b), l2Normalize(tf.concat([b, a])), { temperature }).loss,
  "infoNce with MoCHi's mixed negatives"(a, b, temperature) {
    const [q, n] = [l2Normalize(a), l2Normalize(tf.concat([b, a]))];
    const mixed = mixHardNegatives(q, n, randomKey(0, 0, 'mix'), { hardest: 2, mixed: 3, mixedWithQuery: 2 });
    const more = tf.squeeze(tf.matMul(mixed, tf.expandDims(q, 2)), [2]) as Tensor2D;
    return infoNce(q, l2Normalize(b), n, { temperature, more }).loss;
  },
  mocoV3Loss: (a, b, temperature) => mocoV3Loss({ queries: [a, b], keys: [b, a], temperature }).loss,
};

const cases = Object.entries(losses).flatMap(([name, loss]) =>
  Object.entries(extremeViews).flatMap(([situation, views]) => [0.01, 1].map((temperature) => [name, situation, temperature, loss, views] as const)),
);

describe.each(['js', 'cpu'] as const)('on %s', (device) => {
  beforeAll(async () => {
    await useBackend({ device });
  });

  it.each(cases)('%s of %s at temperature %d has a finite loss, 0 or more, and finite gradients', (_name, _situation, temperature, loss, [a, b]) => {
    const { value, grads } = tf.valueAndGrads((x: Tensor, y: Tensor) => loss(x as Tensor2D, y as Tensor2D, temperature))([tf.tensor2d(a), tf.tensor2d(b)]);
    const [number] = value.dataSync();
    expect(number).toBeGreaterThan(-1e-4);
    expect(number).toBeLessThan(Infinity);
    for (const gradient of grads) expect([...gradient.dataSync()].filter((slope) => !Number.isFinite(slope))).toEqual([]);
  });

  it.each(Object.entries(losses).filter(([name]) => !name.includes('MoCHi')))('the gradient of %s is its slope', (name, loss) => {
    const [a, b] = [rows(4), rows(4, 0.8).reverse()];
    // MoCo v3 takes its keys as constants.
    const [first, second] = [tf.tensor2d(a), tf.tensor2d(b)];
    if (name === 'mocoV3Loss') {
      const queries = (x: Tensor, y: Tensor) => mocoV3Loss({ queries: [x as Tensor2D, y as Tensor2D], keys: [second, first], temperature: 0.5 }).loss;
      expect(gradientError((x, y) => queries(x!, y!), [first, second])).toBeLessThan(1e-2);
      return;
    }
    expect(gradientError((x, y) => loss(x as Tensor2D, y as Tensor2D, 0.5), [first, second])).toBeLessThan(1e-2);
  });
});

describe('what has no answer is refused', () => {
  it.each(Object.entries(losses))('%s without a temperature above 0', (_name, loss) => {
    for (const temperature of [0, -1, Number.NaN]) expect(() => loss(tf.tensor2d(rows(3)), tf.tensor2d(rows(3)), temperature)).toThrow(/temperature above 0, got/);
  });

  it('mixHardNegatives without anything to mix', () => {
    const x = tf.tensor2d(rows(3));
    expect(() => mixHardNegatives(x, x, randomKey(0, 0, 'mix'), { hardest: 2, mixed: 0, mixedWithQuery: 0 })).toThrow(/at least one, got mixed = 0 and mixedWithQuery = 0/);
    expect(() => mixHardNegatives(x, x, randomKey(0, 0, 'mix'), { hardest: 0 })).toThrow('hardest = 0');
  });
});
