import { useBackend } from '@ssl/backend';
import { peakOfSchedule, smallConvNet, visionTransformer, type Schedule, type Views } from '@ssl/core';
import { conformance, toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { byol } from './byol.js';
import { dino } from './dino.js';
import { dinoV2Plugin, methods } from './index.js';
import { simsiam } from './simsiam.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = () => smallConvNet({ widths: [8, 16], strides: [2, 2] });

describe('byol conforms', () => {
  conformance({ test, method: () => byol({ backbone: backbone(), hidden: 16, dimension: 8 }) });
});

describe('simsiam conforms', () => {
  conformance({ test, method: () => simsiam({ backbone: backbone(), dimension: 16, layers: 2, bottleneck: 8 }) });
});

/** Two views of full size and one of half the size. */
const oneSmallView: Views = (input) => {
  const [first, second, third] = toyViews(3)(input).views as [Tensor4D, Tensor4D, Tensor4D];
  return { views: [first, second, tf.avgPool(third, 2, 2, 'valid')] };
};

describe('dino conforms', () => {
  conformance({
    test,
    method: () => dino({ backbone: backbone(), hidden: 16, layers: 2, bottleneck: 8, outputs: 6, crops: 3, batchNorm: true, teacherTemperature: () => 0.06 }),
    // One local crop of its own size: the split of its outputs has one part.
    views: oneSmallView,
  });
});

describe('the plugins', () => {
  const vit = visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 1, heads: 2 });
  const context = { imageSize: 16, channels: 3, batchSize: 128, datasetSize: 1280, totalSteps: 400, stepsPerEpoch: 10, classes: 3 };

  test.each(methods.map((plugin) => [plugin.name, plugin] as const))('%s makes its method with both presets', (name, plugin) => {
    const network = ['ibot', 'dinov2'].includes(name) ? vit : backbone();
    const nameOf = (options: object): string => plugin.create({ ...context, backbone: network }, options as never).method.name;
    expect(nameOf(plugin.defaults)).toBe(name);
    expect(nameOf({ ...plugin.defaults, ...plugin.smallData })).toBe(name);
    expect(Object.keys(plugin.smallData).filter((key) => !(key in plugin.defaults))).toEqual([]);
  });

  test('DINOv2: the rate grows with the root of the batch, layers learn at rates of their own', () => {
    const context16 = { ...context, backbone: vit, batchSize: 4096 };
    const { recipe, method } = dinoV2Plugin.create(context16, dinoV2Plugin.defaults);
    expect(peakOfSchedule(recipe.learningRate, 400)).toBeCloseTo(0.008, 8);
    const rule = method.groups.find(({ match }) => match('backbone.patch_embed.proj.weight', []));
    expect(rule?.learningRate).toBeCloseTo(0.2 * 0.9 ** 2, 10);
    const weightDecay = recipe.weightDecay as Schedule;
    expect(weightDecay(0, 400)).toBeCloseTo(0.04, 10);
    expect(weightDecay(400, 400)).toBeCloseTo(0.4, 10);
  });
});
