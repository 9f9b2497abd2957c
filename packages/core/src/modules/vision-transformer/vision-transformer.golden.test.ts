import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeSafetensors } from '../../files/encode-safetensors.js';
import { loadStateDict } from '../../files/load-state-dict.js';
import { fromStateDict, toStateDict } from '../../files/state-dict.js';
import { storeValues } from '../../files/stored-tensor.js';
import { apply } from '../apply.js';
import { withClassifier } from '../with-classifier.js';
import { resizePositions } from './resize-positions.js';
import { sineCosinePositions } from './sine-cosine-positions.js';
import { visionTransformer, type TokenInput, type VisionTransformer } from './vision-transformer.js';
import type { VisionTransformerOptions } from './vision-transformer-options.js';
import {
  beitOptions,
  dinov2Options,
  dinov2RegisterOptions,
  vitBase,
  vitGiant,
  vitSmall,
  vitTiny,
} from './vit-presets.js';

interface Packed {
  readonly shape: number[];
  readonly values: number[];
}

interface Case {
  readonly images: Packed;
  readonly tokens: Packed;
  readonly logits: Packed;
  readonly block0: Packed | null;
  readonly attention: Packed[];
  readonly wide?: { readonly images: Packed; readonly tokens: Packed };
}

interface Fixture {
  readonly cases: Record<string, Case>;
  readonly resized: {
    readonly base: Packed;
    readonly sizes: readonly { grid: [number, number]; dino: Packed; antialiased: Packed }[];
  };
  readonly sincos: Record<'mae' | 'mocoV3', Packed>;
  readonly names: Record<string, readonly (readonly [string, number[]])[]>;
}

const fixture = JSON.parse(readFileSync(new URL('./__fixtures__/vit.json', import.meta.url), 'utf8')) as Fixture;
const fileOf = (name: string) => fileURLToPath(new URL(`./__fixtures__/${name}.safetensors`, import.meta.url));
const unpack = ({ values, shape }: Packed): Tensor => tf.tensor(values, shape, 'float32');

const small = { imageSize: 24, patchSize: 6, width: 16, depth: 2, heads: 2 };
const variants: Readonly<Record<string, VisionTransformerOptions>> = {
  vit: small,
  'vit-qknorm-mean': { ...small, qkNorm: true, pool: 'mean', normAfterPool: true, layerScale: 1e-5, qkvBias: false },
  dinov2: { ...dinov2Options, ...small },
  'dinov2-registers': { ...dinov2RegisterOptions, ...small },
  'dinov2-giant': { ...vitGiant(dinov2Options).options, ...small, width: 24 },
  beit: { ...beitOptions, ...small },
};

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

function expectClose(actual: Tensor, expected: Packed, what: string, tolerance = 1e-4): void {
  expect(actual.shape, what).toEqual(expected.shape);
  actual.dataSync().forEach((value, i) => {
    expect(Math.abs(value - expected.values[i]!), `${what}[${i}]`).toBeLessThan(tolerance);
  });
}

/** All tokens in timm's order. */
function allTokens(vit: VisionTransformer, variables: ReturnType<VisionTransformer['init']>, input: TokenInput) {
  const { output } = apply(vit.encoder, variables, [input], { training: false });
  const { cls, registers, patches, ...others } = output[0]!;
  const parts = [...(cls ? [tf.expandDims(cls, 1)] : []), ...(registers ? [registers] : []), patches];
  return { tokens: tf.concat(parts, 1), ...others };
}

describe('the same weights as timm', () => {
  it.each(Object.keys(variants))('%s: tokens, logits, attention', async (name) => {
    const vit = visionTransformer(variants[name]!);
    const golden = fixture.cases[name]!;
    const network = withClassifier(vit, 3, 'head');
    const variables = await loadStateDict(fileOf(name), network.init(0));
    const images = unpack(golden.images) as Tensor4D;
    const { tokens, attention, blocks } = allTokens(vit, variables, { images, attention: [0, 1], blocks: [0] });
    expectClose(tokens, golden.tokens, 'tokens');
    expectClose(apply(network, variables, images, { training: false }).output, golden.logits, 'logits');
    attention.forEach((map, i) => expectClose(tf.slice(map, 0, 1), golden.attention[i]!, `attention of block ${i}`));
    if (golden.block0) expectClose(blocks[0]!, golden.block0, 'output of block 0');
    if (golden.wide) {
      const wide = unpack(golden.wide.images) as Tensor4D;
      const antialiased = visionTransformer({ ...variants[name], interpolation: 'antialiased' });
      expectClose(allTokens(antialiased, variables, { images: wide }).tokens, golden.wide.tokens, 'other image size');
    }
    const file = encodeSafetensors(await toStateDict(variables), { format: 'pt' });
    expect(Buffer.compare(file, readFileSync(fileOf(name)))).toBe(0);
  });
});

describe("names and shapes are timm's", () => {
  it.each<[string, () => VisionTransformer]>([
    ['vit_tiny_patch16_224', () => vitTiny()],
    ['vit_small_patch14_dinov2', () => vitSmall({ ...dinov2Options, depth: 1 })],
    ['vit_small_patch14_reg4_dinov2', () => vitSmall({ ...dinov2RegisterOptions, depth: 1 })],
    ['beit_base_patch16_224', () => vitBase({ ...beitOptions, depth: 1 })],
  ])('%s', (model, create) => {
    // Only names and shapes are compared: a difference in any of them throws.
    const stored = Object.fromEntries(
      fixture.names[model]!.map(([path, shape]) => {
        const size = shape.reduce((product, length) => product * length, 1);
        return [path, storeValues(new Float32Array(size), shape, 'F32')];
      }),
    );
    const template = withClassifier(create(), 10, 'head').init(0);
    const variables = fromStateDict(stored, template);
    tf.dispose([variables, template] as unknown as tf.TensorContainer);
  });
});

describe('positions', () => {
  it.each(fixture.resized.sizes)('resized to $grid as DINO and timm do', ({ grid, ...golden }) => {
    const base = unpack(fixture.resized.base) as tf.Tensor3D;
    for (const interpolation of ['dino', 'antialiased'] as const) {
      const resized = resizePositions(base, 4, grid, interpolation);
      expectClose(tf.reshape(resized, [1, ...grid, 3]), golden[interpolation], interpolation, 1e-5);
    }
  });

  it("sine-cosine positions are MAE's and MoCo v3's", () => {
    expectClose(tf.tensor2d(sineCosinePositions(3, 8, 'column', 1), [10, 8]), fixture.sincos.mae, 'MAE', 1e-6);
    expectClose(tf.tensor2d(sineCosinePositions(3, 8, 'row', 1), [10, 8]), fixture.sincos.mocoV3, 'MoCo v3', 1e-6);
  });
});
