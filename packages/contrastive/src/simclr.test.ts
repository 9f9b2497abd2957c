import { useBackend } from '@ssl/backend';
import { adamw, smallConvNet, train, treeToMap } from '@ssl/core';
import { conformance, toyLoader } from '@ssl/core/testing';
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
