import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { useBackend } from '@ssl/backend';
import { apply, disposeTree, storeValues, toStateDict, type StoredTensor } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBackbone, type BackboneDescription } from '../backbone/backbone-description.js';
import type { ImportedBackbone } from '../backbone/imported-backbone.js';
import { backboneVariables } from '../backbone/require-complete.js';
import { exportBackbone } from '../export-backbone.js';

const fixture = (name: string) => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));

interface Golden {
  readonly tensors: Record<string, number[]>;
  readonly features: number[][];
  readonly plain: number[];
  readonly preprocessed: number[];
}
// Made by tools/golden/pytorch_modules.py from the modules beside it.
const { cases: golden } = (existsSync(fixture('modules.json')) ? JSON.parse(readFileSync(fixture('modules.json'), 'utf8')) : { cases: {} }) as { cases: Record<string, Golden> };

const small = { width: 8, depth: 2, heads: 2, patchSize: 4, imageSize: 8 } as const;
const networks: Record<string, BackboneDescription> = {
  small_conv: { kind: 'small-conv-net', options: { widths: [4, 8], strides: [2, 1] } },
  small_conv_13: { kind: 'small-conv-net', options: { channels: 13, widths: [4], strides: [2] } },
  resnet18_cifar_grey: { kind: 'resnet', name: 'resnet18', options: { width: 2, stem: 'cifar', channels: 1 } },
  resnet34: { kind: 'resnet', name: 'resnet34', options: { width: 2 } },
  resnet50_13: { kind: 'resnet', name: 'resnet50', options: { width: 1, channels: 13 } },
  vit: { kind: 'vision-transformer', options: small },
  vit_grey_mean: { kind: 'vision-transformer', options: { ...small, channels: 1, classToken: false, pool: 'mean', positions: 'sincos', qkvBias: false } },
  vit_registers: { kind: 'vision-transformer', options: { ...small, registers: 2, prefixPositions: false, layerScale: 1e-5, qkNorm: true, feedForward: 'swiglu', maskToken: true } },
  vit_mean_norm: { kind: 'vision-transformer', options: { ...small, pool: 'mean', normAfterPool: true } },
  beit: { kind: 'vision-transformer', options: { ...small, positions: 'relative', naming: 'beit', layerScale: 0.1, qkvBias: 'queryValue' } },
};
const side = 8;

/** As `noise` of the script. */
function noise(name: string, count: number): Float32Array {
  let state = 0x811c9dc5;
  for (const byte of Buffer.from(name)) state = Math.imul(state ^ byte, 0x01000193);
  return Float32Array.from({ length: count }, (_, i) => {
    let h = (state + i) | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

/** As `fill` of the script. */
function fill(name: string, { shape, dtype, bytes }: StoredTensor): StoredTensor {
  if (dtype !== 'F32') return { shape, dtype, bytes };
  const count = shape.reduce((product, length) => product * length, 1);
  const value = (v: number): number => {
    if (name.endsWith('running_var')) return 1 + v / 2;
    if (shape.length === 1 && (name.endsWith('weight') || name.includes('gamma'))) return 0.7 + 0.2 * v;
    if (shape.length > 1 && name.endsWith('weight')) return (v * 2) / Math.sqrt(count / shape[0]!);
    return 0.3 * v;
  };
  return storeValues(noise(name, count).map(value), shape, 'F32');
}

async function backboneOf(description: BackboneDescription): Promise<ImportedBackbone> {
  const variables = createBackbone(description).init(0);
  const stored = await toStateDict(variables);
  disposeTree([variables.params, variables.buffers]);
  const tensors = Object.fromEntries(Object.entries(stored).map(([name, tensor]) => [name, fill(name, tensor)]));
  return { description, tensors, from: 'ssl', root: '', leftOut: [], normalization: description.options.channels === undefined ? 'imagenet' : { mean: [0.5], deviation: [0.25] }, imageSize: side, source: 'a run', sha256: '' };
}

beforeAll(() => useBackend({ device: 'js' }));

describe.each(Object.keys(networks))('%s for PyTorch', (name) => {
  const description = networks[name]!;
  const expected = golden[name]!;

  it('is the module that PyTorch ran', async () => {
    const { module } = exportBackbone(await backboneOf(description), 'pytorch');
    await expect(module!('weights.safetensors')).toMatchFileSnapshot(fixture(`${name}.py`));
  });

  it('has the tensors that PyTorch loads with strict=True', async () => {
    const { tensors } = exportBackbone(await backboneOf(description), 'pytorch');
    const shapes = Object.fromEntries(Object.entries(tensors).map(([key, { shape }]) => [key, [...shape]]));
    expect(shapes).toEqual(expected.tensors);
  });

  it('gives the features that PyTorch gave', async () => {
    const { tensors } = await backboneOf(description);
    const backbone = createBackbone(description);
    const channels = description.options.channels ?? 3;
    const features = tf.tidy(() => {
      const images = tf.tensor4d(noise('images', 2 * side * side * channels), [2, side, side, channels]);
      return apply(backbone, backboneVariables(tensors, backbone, 'the test'), images, { training: false }).output.arraySync();
    });
    const largest = Math.max(...expected.features.flat().map(Math.abs));
    features.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(Math.abs(value - expected.features[i]![j]!) / largest).toBeLessThan(1e-4);
      });
    });
  });

  it('prepares images as its header says', async () => {
    const { preprocessing } = exportBackbone(await backboneOf(description), 'pytorch');
    const { mean, std, input_size: size } = preprocessing;
    expect(expected.preprocessed).toEqual([1, ...size]);
    const colour = size[0] > 3 ? Array.from({ length: size[0] }, () => 0.8) : [200, 100, 50].slice(0, size[0]).map((value) => value / 255);
    expected.plain.forEach((value, i) => {
      expect(value).toBeCloseTo((colour[i]! - mean![i]!) / std![i]!, 4);
    });
  });
});
