import { useBackend } from '@ssl/backend';
import { adamw, constant, smallConvNet, train, visionTransformer } from '@ssl/core';
import { conformance, toyLoader, toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { mocoV3Plugin, mocoV3VitPlugin } from './moco-v3-plugins.js';
import { mocoV3, mocoV3VitDefaults } from './moco-v3.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const small = { hidden: 16, dimension: 8, temperature: 0.2, momentum: constant(0.9) };
const vit = () =>
  visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2, positions: 'sincosRows', initialisation: 'mocoV3' });
const vitMethod = () => mocoV3({ ...mocoV3VitDefaults, backbone: vit(), ...small });

describe('moco-v3 conforms', () => {
  conformance({ test, method: () => mocoV3({ backbone: smallConvNet({ widths: [8, 16], strides: [2, 2] }), ...small }) });
});

describe('moco-v3 with a ViT conforms', () => {
  conformance({ test, method: vitMethod });
});

describe('the parts of the paper', () => {
  const paths = (record: object, prefix = ''): string[] =>
    Object.entries(record).flatMap(([name, value]) => (value instanceof tf.Tensor ? [prefix + name] : paths(value as object, `${prefix}${name}.`)));

  test('heads: no bias, batch norm on all layers, the last without weight and bias', () => {
    const { params } = vitMethod().init(0);
    const names = (part: string): string[] => paths(params[part] as object);
    expect(names('projector')).toEqual(['0.weight', '1.weight', '1.bias', '3.weight', '4.weight', '4.bias', '6.weight']);
    expect(names('predictor')).toEqual(['0.weight', '1.weight', '1.bias', '3.weight']);
    const resnet = mocoV3({ backbone: smallConvNet({ widths: [8], strides: [2] }), ...small }).init(0);
    expect(paths(resnet.params.projector as object)).toEqual(['0.weight', '1.weight', '1.bias', '3.weight']);
    // Neither weight nor bias tells a last batch norm of the predictor apart: its statistics do.
    expect(paths(resnet.aux.buffers.predictor as object)).toEqual(['1.running_mean', '1.running_var']);
  });

  test('the patch projection stays as it started, positions are fixed, the rest moves', async () => {
    const method = vitMethod();
    const before = method.init(0);
    const result = await train({
      method,
      views: toyViews(2),
      loader: toyLoader({ batchSize: 8, size: 16 }),
      optimizer: adamw(),
      learningRate: 1e-2,
      weightDecay: 0.1,
      steps: 3,
    });
    type Vit = { patch_embed: { proj: { weight: Tensor; bias: Tensor } }; cls_token: Tensor };
    const [now, then] = [result.params.backbone, before.params.backbone] as unknown as [Vit, Vit];
    const moved = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
    expect(moved(now.patch_embed.proj.weight, then.patch_embed.proj.weight)).toBe(0);
    expect(moved(now.patch_embed.proj.bias, then.patch_embed.proj.bias)).toBe(0);
    expect(moved(now.cls_token, then.cls_token)).toBeGreaterThan(0);
    expect(Object.keys(result.params.backbone as object)).not.toContain('pos_embed');
    result.dispose();
  });
});

describe('the plugins', () => {
  const context = { imageSize: 16, channels: 3, batchSize: 512, datasetSize: 5120, totalSteps: 4000, stepsPerEpoch: 10 };

  test('moco-v3-vit makes the network as the paper does, and says what it needs', () => {
    const plain = visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2 });
    const { method, recipe } = mocoV3VitPlugin.create({ ...context, backbone: plain }, mocoV3VitPlugin.defaults);
    expect(Object.keys(method.init(0).params.backbone as object)).not.toContain('pos_embed');
    expect(method.groups[0]).toMatchObject({ frozen: true });
    expect(recipe.learningRate(400, 4000)).toBeCloseTo(3e-4, 10);
    expect(() => mocoV3VitPlugin.create({ ...context, backbone: smallConvNet() }, mocoV3VitPlugin.defaults)).toThrow(
      "moco-v3-vit works on patches and needs a Vision Transformer, got 'small-conv-net'",
    );
  });

  test('moco-v3 takes any backbone', () => {
    const { method, recipe } = mocoV3Plugin.create({ ...context, backbone: smallConvNet() }, mocoV3Plugin.defaults);
    expect(method.name).toBe('moco-v3');
    expect(method.groups).toEqual([]);
    expect(recipe.learningRate(100, 4000)).toBeCloseTo(0.6, 10);
  });
});
