import { useBackend } from '@ssl/backend';
import { adamw, constant, randomKey, smallConvNet, train, visionTransformer } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { conformance, toyLoader, toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { methods } from './index.js';
import { mochi, mocoV1, mocoV2 } from './moco.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });

const small = { dimension: 8, queue: 32, shuffleGroups: 1 };

/** The loss of the first steps is that of a random queue, which is far from every query; see the test below. */
const except = { 'something is learned on a toy set': 'the queue starts with random keys, so the loss rises until it is full' } as const;

describe('moco-v1 conforms', () => {
  conformance({ test, method: () => mocoV1({ backbone: backbone(), ...small, temperature: 0.2 }), except });
});

describe('moco-v2 conforms', () => {
  conformance({ test, method: () => mocoV2({ backbone: backbone(), ...small }), except });
});

describe('mochi conforms', () => {
  conformance({
    test,
    // Each micro-batch draws its own mixtures, so the first step, which is compared with the whole batch, is without.
    method: () => mochi({ backbone: backbone(), ...small, mixing: { hardest: 8, mixed: 4, mixedWithQuery: 2, fromStep: 1 } }),
    except,
  });
});

describe.each([
  ['moco-v1', mocoV1],
  ['moco-v2', mocoV2],
  ['mochi', mochi],
] as const)('%s learns', (_, method) => {
  test('to find the key, once the queue holds real keys', async () => {
    const losses: number[] = [];
    const mixing = { hardest: 8, mixed: 4, mixedWithQuery: 2 };
    const result = await train({
      method: method({ backbone: backbone(), ...small, momentum: constant(0.9), temperature: 0.2, ...(method === mochi ? { mixing } : {}) }),
      views: toyViews(2),
      loader: toyLoader({ batchSize: 8, size: 16 }),
      optimizer: adamw(),
      learningRate: 3e-3,
      steps: 120,
      hooks: [{ name: 'losses', onStep: ({ loss }) => void losses.push(loss) }],
    });
    result.dispose();
    const mean = (values: number[]): number => values.reduce((a, b) => a + b) / values.length;
    expect(mean(losses.slice(-20))).toBeLessThan(0.9 * mean(losses.slice(8, 28)));
  });
});

describe('shuffled batch norm', () => {
  test('gives each key back to its query', () => {
    const method = mocoV2({ backbone: backbone(), dimension: 8, queue: 16, shuffleGroups: 2 });
    const { params, aux } = method.init(0);
    const image = randomUniform([8, 16, 16, 3], randomKey(0, 0, 'images')) as Tensor4D;
    const forward = (training: boolean) =>
      method.forward({ params, aux, views: [image, image], extras: {}, schedules: {}, training, key: randomKey(0, 0, 'forward') }).outputs;
    // The key encoder starts as a copy of the query encoder: without batch statistics, key i is query i.
    const { queries, keys } = forward(false);
    expect(tf.max(tf.abs(tf.sub(queries, keys))).dataSync()[0]).toBeLessThan(1e-5);
    // With them, the parts differ, but key i still belongs to query i more than to any other.
    const trained = forward(true);
    // Views and encoders are equal: only other parts, hence other statistics, tell a key from its query.
    expect(tf.max(tf.abs(tf.sub(trained.queries, trained.keys))).dataSync()[0]).toBeGreaterThan(1e-3);
    const best = tf.argMax(tf.matMul(trained.queries, trained.keys, false, true), 1).dataSync();
    expect([...best]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  test('needs a batch that divides', () => {
    const method = mocoV2({ backbone: backbone(), dimension: 8, queue: 16, shuffleGroups: 3 });
    const { params, aux } = method.init(0);
    const views = [tf.ones([8, 16, 16, 3]), tf.ones([8, 16, 16, 3])] as Tensor4D[];
    expect(() => method.forward({ params, aux, views, extras: {}, schedules: {}, training: true, key: randomKey(0, 0, 'forward') })).toThrow(
      'in 3 parts (shuffleGroups) and needs a batch that divides into them, got 8 images',
    );
  });
});

describe('the plugins', () => {
  const vit = visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 1, heads: 2 });
  const context = { imageSize: 16, channels: 3, batchSize: 128, datasetSize: 1280, totalSteps: 400, stepsPerEpoch: 10 };

  test.each(methods.map((plugin) => [plugin.name, plugin] as const))('%s makes its method with both presets', (name, plugin) => {
    const network = name.endsWith('-vit') ? vit : backbone();
    const nameOf = (options: object): string => plugin.create({ ...context, backbone: network }, options as never).method.name;
    expect(nameOf(plugin.defaults)).toBe(name);
    expect(nameOf({ ...plugin.defaults, ...plugin.smallData })).toBe(name);
    expect(Object.keys(plugin.smallData).filter((key) => !(key in plugin.defaults))).toEqual([]);
  });
});
