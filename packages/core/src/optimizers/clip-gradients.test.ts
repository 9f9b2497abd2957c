import '@tensorflow/tfjs'; // the plain JavaScript engine
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { euclideanNorm } from '../ops/euclidean-norm.js';
import golden from './__fixtures__/clip-gradients.json' with { type: 'json' };
import { clipGradients, type ClipNorm } from './clip-gradients.js';

beforeAll(() => tf.setBackend('cpu'));

const gradients = () => Object.fromEntries(Object.entries(golden.gradients).map(([path, { shape, values }]) => [path, tf.tensor(values, shape)]));
const clipped = (clipNorm: number | ClipNorm): Record<string, number[]> => {
  const given = gradients();
  const norms = tf.stack(Object.values(given).map((gradient) => euclideanNorm(gradient)));
  return Object.fromEntries(Object.entries(clipGradients(given, norms, clipNorm)).map(([path, gradient]) => [path, [...gradient.dataSync()]]));
};
const ways: readonly (readonly [string, number | ClipNorm, Readonly<Record<string, readonly number[]>>])[] = [
  ['all parameters together', golden.limit, golden.all],
  ['each parameter on its own', { limit: golden.limit, per: 'parameter' }, golden.parameter],
  [
    'named groups',
    { limit: golden.limit, per: (path) => (path.startsWith('last_layer') ? 'head' : path.slice(0, path.indexOf('.'))) },
    golden.module,
  ],
];

describe('clipGradients', () => {
  test.each(ways)('%s as PyTorch', (_, clipNorm, expected) => {
    const own = clipped(clipNorm);
    expect(Object.keys(own)).toEqual(Object.keys(expected));
    for (const [path, values] of Object.entries(expected)) {
      for (const [i, value] of values.entries()) expect(own[path]![i], path).toBeCloseTo(value, 6);
    }
  });

  test('the three ways differ on these gradients', () => {
    expect(new Set(ways.map(([, clipNorm]) => clipped(clipNorm)['head.0.weight']![0])).size).toBe(3);
  });

  test('refuses a limit of 0', () => {
    expect(() => clipped({ limit: 0, per: 'parameter' })).toThrow('above 0, got 0');
  });
});
