import { useBackend } from '@ssl/backend';
import { adamw, smallConvNet, train, treeToMap } from '@ssl/core';
import { conformance, toyLoader } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { methods } from './index.js';
import { simclr } from './simclr.js';
import { simclrPlugin } from './simclr-plugin.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });

describe('simclr conforms', () => {
  conformance({ test, method: () => simclr({ backbone: backbone(), dimension: 8 }) });
});

describe('simclr with the head of the small-data preset conforms', () => {
  conformance({
    test,
    method: () => simclr({ backbone: backbone(), projectorLayers: 2, projectorWidth: 12, dimension: 8, projectorBatchNorm: 'hidden', temperature: 0.2 }),
  });
});

describe("simclr with v2's head, evaluated after its first layer, conforms", () => {
  conformance({ test, method: () => simclr({ backbone: backbone(), projectorWidth: 24, dimension: 8, keptLayers: 1 }) });
});

describe('layers of the projector that are kept', () => {
  const images = () => tf.randomUniform([4, 16, 16, 3], 0, 1, 'float32', 1) as Tensor4D;

  test.each([
    ['all', 1, 24],
    ['all', 2, 24],
    ['hidden', 1, 24],
    ['none', 2, 24],
    ['none', 0, 16],
  ] as const)('with batch norm on %s, %i of them: the features after their ReLU', async (projectorBatchNorm, keptLayers, width) => {
    const method = simclr({ backbone: backbone(), projectorWidth: 24, dimension: 8, projectorBatchNorm, keptLayers });
    const { params, aux } = method.init(3);
    const features = method.embed({ params, aux, images: images() });
    expect(features.shape).toEqual([4, width]);
    const plain = simclr({ backbone: backbone(), projectorWidth: 24, dimension: 8, projectorBatchNorm }).embed({ params, aux, images: images() });
    const batchNorm = projectorBatchNorm === 'none' ? 'none' : 'all';
    // The whole projector up to the kept layer, written with other parts.
    const projector = (params.projector ?? {}) as Record<string, Record<string, Tensor2D>>;
    let expected: Tensor = plain;
    for (let layer = 0; layer < keptLayers; layer++) {
      const at = layer * (batchNorm === 'none' ? 2 : 3);
      const { weight, bias } = projector[String(at)]!;
      expected = tf.matMul(expected as Tensor2D, weight!, false, true);
      if (bias !== undefined) expected = tf.add(expected, bias);
      // Statistics of a fresh batch norm: mean 0, variance 1.
      if (batchNorm === 'all') expected = tf.div(expected, Math.sqrt(1 + 1e-5));
      expected = tf.relu(expected);
    }
    expect((await tf.max(tf.abs(tf.sub(features, expected))).data())[0]).toBeLessThan(1e-5);
    expect(method.trainedBackbone?.({ params, aux }).backbone.featureDimension).toBe(width);
  });

  test('must be fewer than there are', () => {
    expect(() => simclr({ backbone: backbone(), keptLayers: 3 })).toThrow(/from 0 to 2 of its 3 projector layers, got keptLayers = 3/);
    expect(() => simclr({ backbone: backbone(), keptLayers: -1 })).toThrow(/got keptLayers = -1/);
  });
});

describe('the projector', () => {
  const head = (options: object) => {
    const { params } = simclr({ backbone: backbone(), ...options }).init(0);
    return Object.fromEntries(Object.entries(treeToMap(params.projector as never)).map(([path, { shape }]) => [path, shape]));
  };

  test('has three layers, batch norm on all, no bias before it', () => {
    expect(head({})).toEqual({
      '0.weight': [16, 16],
      '1.weight': [16],
      '1.bias': [16],
      '3.weight': [16, 16],
      '4.weight': [16],
      '4.bias': [16],
      '6.weight': [128, 16],
      '7.weight': [128],
      '7.bias': [128],
    });
  });

  test('has the layers that are asked for', () => {
    expect(head({ projectorLayers: 1, projectorBatchNorm: 'none' })).toEqual({ '0.weight': [128, 16], '0.bias': [128] });
    expect(() => simclr({ backbone: backbone(), projectorLayers: 0 })).toThrow(/projector of 1, 2, 3 … layers, got 0/);
    expect(() => simclr({ backbone: backbone(), temperature: -1 })).toThrow(/temperature above 0, got -1/);
  });
});

describe('the plugin', () => {
  const context = { backbone: backbone(), imageSize: 16, channels: 3, batchSize: 128, datasetSize: 1280, totalSteps: 400, stepsPerEpoch: 10 };

  test('gives the paper its rate: 0.3 for 256 images, 10 epochs of warm-up, at most a tenth of the run', () => {
    const { recipe } = simclrPlugin.create(context, simclrPlugin.defaults);
    expect(recipe).toMatchObject({ optimizer: 'lars', weightDecay: 1e-4 });
    expect(recipe.learningRate(40, 400)).toBeCloseTo(0.15, 10);
    expect(recipe.learningRate(20, 400)).toBeCloseTo(0.075, 10);
    expect(recipe.learningRate(400, 400)).toBeCloseTo(0, 10);
  });

  test('trains small data: the loss falls below that of guessing', async () => {
    const small = { ...simclrPlugin.defaults, ...simclrPlugin.smallData };
    const { method, views, recipe } = simclrPlugin.create({ ...context, batchSize: 32 }, small);
    const losses: number[] = [];
    const result = await train({
      ...recipe,
      method,
      views,
      loader: toyLoader({ size: 16, batchSize: 32 }),
      optimizer: adamw(),
      steps: 60,
      hooks: [{ name: 'losses', onStep: ({ loss }) => void losses.push(loss) }],
    });
    expect(Math.min(...losses.slice(-8))).toBeLessThan(0.9 * Math.log(63));
    expect(result.warnings).toEqual([]);
    result.dispose();
  });

  test('is what the command line finds', () => {
    expect(methods.map(({ name }) => name)).toContain('simclr');
    expect(Object.keys(simclrPlugin.smallData).filter((key) => !(key in simclrPlugin.defaults))).toEqual([]);
  });
});
