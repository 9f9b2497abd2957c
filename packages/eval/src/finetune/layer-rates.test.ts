import { useBackend } from '@ssl/backend';
import { resnet18, resolveGroups, smallConvNet, treeToMap, vitTiny, type Backbone } from '@ssl/core';
import { beforeAll, expect, test } from 'vitest';
import { layerRates } from './layer-rates.js';

beforeAll(() => useBackend({ device: 'cpu' }));

/** Factor of every parameter by its path. */
function factors(backbone: Backbone, decay: number): Record<string, number> {
  const { params } = backbone.init(0);
  const groups = resolveGroups(treeToMap(params), layerRates(backbone, params, decay));
  return Object.fromEntries(Object.entries(groups).map(([path, { learningRate }]) => [path, learningRate]));
}

test('a norm learns as fast as the convolution below it', () => {
  expect(factors(smallConvNet({ widths: [4, 8], strides: [2, 2] }), 0.5)).toEqual({
    '0.weight': 0.25,
    '1.weight': 0.25,
    '1.bias': 0.25,
    '3.weight': 0.5,
    '4.weight': 0.5,
    '4.bias': 0.5,
  });
});

test('a ResNet has five layers: the stem and its stages', () => {
  const found = factors(resnet18({ width: 2 }), 0.5);
  expect(found).toMatchObject({ 'conv1.weight': 0.5 ** 5, 'bn1.bias': 0.5 ** 5, 'layer1.1.conv2.weight': 0.5 ** 4, 'layer4.0.downsample.0.weight': 0.5 });
});

test("a ViT's blocks are its layers", () => {
  const found = factors(vitTiny({ depth: 2, width: 8, heads: 2, imageSize: 8, patchSize: 4 }), 0.5);
  expect(found).toMatchObject({ 'patch_embed.proj.weight': 0.125, cls_token: 0.125, 'blocks.0.attn.qkv.weight': 0.25, 'blocks.1.mlp.fc1.bias': 0.5, 'norm.weight': 1 });
});

test('1 changes nothing, 0 is refused', () => {
  const backbone = smallConvNet({ widths: [4], strides: [2] });
  expect(new Set(Object.values(factors(backbone, 1)))).toEqual(new Set([1]));
  expect(() => layerRates(backbone, {}, 0)).toThrow(/above 0 and at most 1, got 0/);
});
