import { readFileSync } from 'node:fs';
import { useBackend } from '@ssl/backend';
import { excludeBiasAndNorm, resolveGroups, treeToMap, visionTransformer } from '@ssl/core';
import type { SslMethod } from '@ssl/core';
import { beforeAll, expect, test } from 'vitest';
import { dino } from './dino.js';
import { dinoV2, ibot } from './ibot.js';

type Row = readonly [rate: number, decay: number, last: boolean];
const golden = JSON.parse(readFileSync(new URL('__fixtures__/parameter-groups.json', import.meta.url), 'utf8')) as Record<'dino' | 'ibot' | 'dinov2', Record<string, Row>>;

beforeAll(() => useBackend({ device: 'js' }));

// As deep as ViT-S: the table depends on names, depth and ranks, not on widths.
const vit = (maskToken: boolean) => visionTransformer({ imageSize: 28, patchSize: 14, width: 16, depth: 12, heads: 2, layerScale: 1e-5, maskToken });
const sizes = { hidden: 8, layers: 3, bottleneck: 4, outputs: 6, crops: 2, normLastLayer: false, frozenLastLayer: 7 };
const methods: Record<'dino' | 'ibot' | 'dinov2', () => SslMethod> = {
  dino: () => dino({ backbone: vit(false), ...sizes }) as unknown as SslMethod,
  ibot: () => ibot({ backbone: vit(true), ...sizes }) as unknown as SslMethod,
  dinov2: () => dinoV2({ backbone: vit(true), ...sizes, patchOutputs: 5, layerDecay: 0.9, patchEmbedRate: 0.2 }) as unknown as SslMethod,
};

/** Our path for a name of the reference code: a last layer of weight norm is a direction and a length. */
function pathOf(name: string): string {
  return name
    .replace(/^ibot_head\.mlp/, 'patch_head.mlp')
    .replace(/^ibot_head\.last_layer/, 'patch_last_layer')
    .replace(/^(dino_)?head\.last_layer/, 'last_layer')
    .replace(/^dino_head/, 'head')
    .replace(/weight_v$/, 'weight')
    .replace(/weight_g$/, 'gain');
}

test.each(['dinov2', 'dino', 'ibot'] as const)("%s: rate, decay and waiting last layer of every parameter are the reference code's", (name) => {
  const method = methods[name]();
  const groups = resolveGroups(treeToMap(method.init(0).params), [excludeBiasAndNorm, ...method.groups]);
  const table = Object.entries(golden[name]).map(([reference, row]) => [pathOf(reference), row] as const);
  expect(Object.keys(groups).sort()).toEqual(table.map(([path]) => path).sort());
  for (const [path, [rate, decay, last]] of table) {
    const { learningRate, weightDecay, frozenUntil, frozen } = groups[path]!;
    expect(learningRate, path).toBeCloseTo(rate, 12);
    expect([weightDecay, frozenUntil, frozen], path).toEqual([decay, last ? 7 : 0, false]);
  }
});
