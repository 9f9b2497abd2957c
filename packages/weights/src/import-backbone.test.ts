import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { useBackend } from '@ssl/backend';
import { apply, storeValues, type StoredTensor } from '@ssl/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBackbone } from './backbone/backbone-description.js';
import { saveBackbone } from './backbone/backbone-file.js';
import type { ImportedBackbone } from './backbone/imported-backbone.js';
import { backboneVariables } from './backbone/require-complete.js';
import { exportBackbone } from './export-backbone.js';
import { importBackbone } from './import-backbone.js';
import type { WeightSource } from './names/weight-source.js';
import { readWeights, type WeightsFile } from './read-weights.js';

interface Case {
  readonly file: string;
  readonly from: WeightSource;
  readonly size: number;
  readonly heads: number | null;
  readonly features: number[][];
  readonly wide?: { readonly size: number; readonly features: number[][] };
  readonly checkpointKey?: string;
  readonly positions?: string;
}

const fixture = (name: string) => fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));
const { cases } = JSON.parse(readFileSync(fixture('imports.json'), 'utf8')) as { cases: Case[] };

let folder: string;
beforeAll(async () => {
  await useBackend({ device: 'js' });
  folder = mkdtempSync(join(tmpdir(), 'ssl-weights-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As `images` of tools/golden/weights.py makes them. */
function imagesOf(size: number): Tensor4D {
  const values = Float32Array.from({ length: 2 * size * size * 3 }, (_, i) => ((i * 7919) % 1009) / 504.5 - 1);
  return tf.tensor4d(values, [2, size, size, 3]);
}

function expectFeatures(imported: ImportedBackbone, size: number, expected: readonly (readonly number[])[]): void {
  const backbone = createBackbone(imported.description);
  tf.tidy(() => {
    const { output } = apply(backbone, backboneVariables(imported.tensors, backbone, 'the file'), imagesOf(size), { training: false });
    const actual = output.arraySync();
    const largest = Math.max(...actual.flatMap((row, i) => row.map((value, j) => Math.abs(value - expected[i]![j]!))));
    expect(actual[0]).toHaveLength(expected[0]!.length);
    expect(largest).toBeLessThan(1e-4);
  });
}

const options = ({ heads, checkpointKey }: Case) => ({ ...(heads === null ? {} : { heads }), ...(checkpointKey === undefined ? {} : { checkpointKey }) });

describe('the features of the library that wrote the file', () => {
  it.each(cases.map((golden) => [[golden.file, ...(golden.checkpointKey === undefined ? [] : [golden.checkpointKey])].join(', '), golden] as const))('%s', async (_, golden) => {
    const file = await readWeights(fixture(golden.file));
    const imported = importBackbone(file, { from: golden.file === 'mae.pth' || golden.file.startsWith('moco') ? golden.from : 'auto', ...options(golden) });
    expect(importBackbone(file, { from: golden.from, ...options(golden) }).description).toEqual(imported.description);
    expect(imported.from).toBe(golden.from);
    expectFeatures(imported, golden.size, golden.features);
    if (golden.wide !== undefined) expectFeatures(imported, golden.wide.size, golden.wide.features);
    if (golden.positions !== undefined) expect(imported.description.options).toMatchObject({ positions: golden.positions });

    const saved = join(folder, `${golden.file}.safetensors`);
    await saveBackbone(saved, imported);
    const again = importBackbone(await readWeights(saved));
    expect({ ...again, tensors: {} }).toEqual({ ...imported, tensors: {} });
    expectFeatures(again, golden.size, golden.features);
  });
});

describe('what is left out', () => {
  const leftOut = async (name: string) => Object.fromEntries(importBackbone(await readWeights(fixture(name)), { heads: 2 }).leftOut.map(({ name: tensor, reason }) => [tensor, reason]));

  it('is every tensor that is not used, with the reason', async () => {
    const dino = await leftOut('dino.pth');
    expect(dino['student.module.backbone.cls_token']).toMatch(/another network of the file, 'student.module.backbone'/);
    expect(dino['teacher.head.mlp.0.weight']).toMatch(/outside of the network 'teacher.backbone'/);
    expect(dino['optimizer.state.0.exp_avg']).toMatch(/optimizer/);
    expect((await leftOut('moco-v2.pth'))['state_dict.module.queue']).toMatch(/queue/);
    const mae = await leftOut('mae.pth');
    expect(mae['model.mask_token']).toMatch(/decoder/);
    expect(mae['model.decoder_pred.weight']).toMatch(/decoder/);
    expect((await leftOut('timm-vit.safetensors'))['head.weight']).toMatch(/classifier/);
  });

  it('and the two together are the file', async () => {
    for (const { file: name, heads } of cases) {
      const file = await readWeights(fixture(name));
      const { tensors, leftOut: rest, from, root } = importBackbone(file, heads === null ? {} : { heads });
      const own = Object.keys(tensors).length;
      const total = Object.keys(file.tensors).length;
      // Queries, keys and values of transformers are three of the file and one of ours, a shared bias is one and two.
      const depth = 2;
      const joined = from !== 'transformers' || name.includes('resnet') ? 0 : name.includes('beit') ? depth * 2 - (name.includes('mim') ? 1 : 0) : depth * 4;
      expect(own + rest.length + joined, `${name} ${root}`).toBe(total);
    }
  });
});

describe('errors', () => {
  const withTensors = (tensors: Record<string, StoredTensor>): WeightsFile => ({ path: 'file.pth', form: 'zip', tensors, metadata: {}, sha256: '', config: {} });
  const vit = () => readWeights(fixture('timm-vit.safetensors'));

  it('names every missing and unexpected tensor', async () => {
    const without = ['blocks.1.mlp.fc2.bias', 'norm.weight'];
    const tensors = Object.fromEntries(Object.entries((await vit()).tensors).filter(([name]) => !without.includes(name)));
    const changed = withTensors({ ...tensors, 'blocks.0.extra': storeValues([1], [1], 'F32') });
    expect(() => importBackbone(changed, { heads: 2 })).toThrow(/missing blocks\.1\.mlp\.fc2\.bias[^]*missing norm\.weight[^]*unexpected blocks\.0\.extra/);
  });

  it('names each tensor with NaN or infinity, by the file, with the count', async () => {
    const { tensors } = await vit();
    const spoilt = (name: string, values: number[], dtype: 'F32' | 'F16' | 'F64' = 'F32'): Record<string, StoredTensor> => {
      const { shape } = tensors[name]!;
      const all = Array.from({ length: shape.reduce((product, length) => product * length, 1) }, (_, i) => values[i] ?? 0.5);
      return { ...tensors, [name]: storeValues(all, shape, dtype) };
    };
    const importing = (changed: Record<string, StoredTensor>) => () => importBackbone(withTensors(changed), { heads: 2 });
    expect(importing(spoilt('blocks.0.norm1.weight', [NaN, NaN, Infinity]))).toThrow(/file\.pth was to hold finite numbers, got 'blocks\.0\.norm1\.weight' \(2 NaN and 1 infinite of 16\).*earlier checkpoint/);
    expect(importing(spoilt('blocks.1.norm1.weight', [70_000], 'F16'))).toThrow(/1 infinite of 16.*65,504.*float32 or bfloat16/);
    expect(importing(spoilt('norm.bias', [1e300], 'F64'))).toThrow(/'norm\.bias' \(1 infinite of 16\)/);
    // What is left out may be anything.
    expect(importing({ ...tensors, 'head.weight': storeValues([NaN], [1], 'F32') })).not.toThrow();
    const wrapped = Object.fromEntries(Object.entries(spoilt('norm.bias', [NaN])).map(([name, tensor]) => [`_orig_mod.${name}`, tensor]));
    expect(importing(wrapped)).toThrow(/'_orig_mod\.norm\.bias'/);
  });

  it('looks through the names of modules that wrap others, wherever they stand', async () => {
    const { tensors } = await vit();
    const wrap = (name: string) => `module._orig_mod.${name.replace(/^(blocks\.\d)\./, '$1._checkpoint_wrapped_module.').replace('.attn.', '.attn._orig_mod.').replace('patch_embed.', 'patch_embed._fsdp_wrapped_module.')}`;
    const wrapped = importBackbone(withTensors(Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [wrap(name), tensor]))), { heads: 2 });
    const plain = importBackbone(withTensors(tensors), { heads: 2 });
    expect(wrapped.tensors).toEqual(plain.tensors);
    expect([wrapped.from, wrapped.root]).toEqual(['timm', 'module']);
    expect(wrapped.leftOut.map(({ name }) => name)).toEqual(['module._orig_mod.head.bias', 'module._orig_mod.head.weight']);
  });

  it('keeps what ssl export wrote about the images', async () => {
    const { tensors } = await vit();
    const { metadata } = exportBackbone({ ...importBackbone(withTensors(tensors), { heads: 2 }), normalization: { mean: [0.1, 0.2, 0.3], deviation: [0.4, 0.5, 0.6] }, imageSize: 24 }, 'timm');
    expect(importBackbone({ ...withTensors(tensors), metadata }, { heads: 2 })).toMatchObject({ normalization: { mean: [0.1, 0.2, 0.3], deviation: [0.4, 0.5, 0.6] }, imageSize: 24 });
  });

  it('asks for the heads, and for the right source', async () => {
    const file = await vit();
    expect(() => importBackbone(file)).toThrow(/width of 16[^]*--heads/);
    expect(() => importBackbone(file, { from: 'transformers' })).toThrow(/names of transformers, got those of the layout timm-vit/);
    expect(() => importBackbone(file, { checkpointKey: 'student', heads: 2 })).toThrow(/a network under 'student'/);
  });

  it('says what a file without a known network holds', () => {
    expect(() => importBackbone(withTensors({ '_conv_stem.weight': storeValues([1], [1], 'F32') }))).toThrow(/Vision Transformer or ResNet, got 1 tensors such as _conv_stem\.weight/);
  });

  it('does not choose between two of the same standing', async () => {
    const { tensors } = await vit();
    const both = Object.fromEntries(['a', 'b'].flatMap((part) => Object.entries(tensors).map(([name, tensor]) => [`${part}.${name}`, tensor])));
    expect(() => importBackbone(withTensors(both), { heads: 2 })).toThrow(/got several: 'a', 'b'\. Say which: ssl import FILE --checkpoint-key a$/);
    expect(importBackbone(withTensors(both), { heads: 2, checkpointKey: 'b' }).root).toBe('b');
  });

  it('names the depth of a ResNet that is not here', async () => {
    const { tensors } = await readWeights(fixture('torchvision-resnet18.pth'));
    const { ...deeper } = { ...tensors, 'layer1.2.conv1.weight': storeValues([1], [1, 1, 1, 1], 'F32') };
    expect(() => importBackbone(withTensors(deeper))).toThrow(/got 3, 2, 2, 2 basic blocks/);
  });
});
