import '@tensorflow/tfjs'; // the plain JavaScript engine
import { describe, expect, test } from 'vitest';
import { visionTransformer } from '../modules/vision-transformer/vision-transformer.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import golden from './__fixtures__/layer-decay.json' with { type: 'json' };
import { layerDecay } from './layer-decay.js';
import { resolveGroups } from './resolve-groups.js';

const { params } = visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 3, heads: 2, registers: 2, prefixPositions: false, layerScale: 1e-5 }).init(0);
const factors = (options: { decay: number; patchEmbedding?: number; prefix?: string }): Record<string, number> => {
  const groups = resolveGroups(treeToMap(params), layerDecay({ depth: 3, prefix: '', ...options }));
  return Object.fromEntries(Object.entries(groups).map(([path, group]) => [path, group.learningRate]));
};

describe('layerDecay', () => {
  test("gives every parameter timm's factor, and the last norm the head's", () => {
    const { 'norm.weight': weight, 'norm.bias': bias, ...own } = factors({ decay: golden.decay });
    expect([weight, bias]).toEqual([1, 1]);
    expect(Object.keys(own).sort()).toEqual(Object.keys(golden.scales).sort());
    for (const [path, scale] of Object.entries(golden.scales)) expect(own[path], path).toBeCloseTo(scale, 10);
  });

  test("slows the patch embedding as DINOv2, and leaves alone what is outside of the prefix", () => {
    expect(factors({ decay: 0.9, patchEmbedding: 0.2 })['patch_embed.proj.weight']).toBeCloseTo(0.2 * 0.9 ** 4, 10);
    expect(new Set(Object.values(factors({ decay: 0.5, prefix: 'backbone.' })))).toEqual(new Set([1]));
  });

  test('refuses a decay of 0', () => {
    expect(() => layerDecay({ depth: 3, decay: 0 })).toThrow('above 0 and at most 1, got 0');
  });
});
