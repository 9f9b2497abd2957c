import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomKey } from '../../random/random-key.js';
import { treeToMap } from '../../tensor-tree/tree-map.js';
import { valueAndGradients } from '../../tensor-tree/value-and-gradients.js';
import { apply } from '../apply.js';
import type { Variables } from '../module.js';
import { visionTransformer, type TokenOutput } from './vision-transformer.js';
import { dinov2RegisterOptions } from './vit-presets.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const small = { imageSize: 16, patchSize: 4, width: 8, depth: 2, heads: 2 };
const images = (batch: number, size: number, seed = 1): Tensor4D =>
  tf.randomNormal<tf.Rank.R4>([batch, size, size, 3], 0, 1, 'float32', seed);
const largest = (x: Tensor): number => tf.max(tf.abs(x)).dataSync()[0]!;
const distance = (a: Tensor, b: Tensor): number => largest(tf.sub(a, b));
const evaluation = { training: false };

describe('packed crops', () => {
  it('give what each size gives alone', () => {
    const vit = visionTransformer({ ...dinov2RegisterOptions, ...small });
    const variables = vit.init(1);
    const inputs = [{ images: images(2, 16) }, { images: images(3, 8, 2) }, { images: images(1, 12, 3) }];
    const { output } = apply(vit.encoder, variables, inputs, evaluation);
    inputs.forEach((input, i) => {
      const alone = apply(vit.encoder, variables, [input], evaluation).output[0]!;
      expect(distance(output[i]!.cls!, alone.cls!)).toBeLessThan(1e-5);
      expect(distance(output[i]!.registers!, alone.registers!)).toBeLessThan(1e-5);
      expect(distance(output[i]!.patches, alone.patches)).toBeLessThan(1e-5);
    });
  });

  it.each([
    ['registers, layer scale', { ...dinov2RegisterOptions, ...small }],
    ['relative positions', { ...small, positions: 'relative', qkvBias: 'queryValue', layerScale: 0.1, naming: 'beit' } as const],
  ])('give the gradients that each size gives alone, added up: %s', (_name, options) => {
    const vit = visionTransformer(options);
    const { params, buffers } = vit.init(1);
    const inputs = [{ images: images(2, 16) }, { images: images(3, 8, 2) }, { images: images(1, 12, 3) }];
    const loss = ({ cls, patches }: TokenOutput): Tensor => tf.add(tf.sum(tf.sin(tf.mul(cls!, 2))), tf.sum(tf.cos(tf.mul(patches, 3))));
    const gradients = (forward: (variables: Variables) => TokenOutput[]): Record<string, Tensor> => {
      const result = valueAndGradients((tree) => ({ value: tf.addN(forward({ params: tree, buffers }).map(loss)) as tf.Scalar, aux: {} }), params);
      return treeToMap(result.gradients[0]);
    };
    const packed = gradients((variables) => apply(vit.encoder, variables, inputs, { training: true }).output);
    const apart = gradients((variables) => inputs.map((input) => apply(vit.encoder, variables, [input], { training: true }).output[0]!));
    expect(Object.keys(packed)).toEqual(Object.keys(apart));
    for (const [path, gradient] of Object.entries(packed)) {
      expect(largest(gradient), path).toBeGreaterThan(0);
      expect(distance(gradient, apart[path]!) / largest(apart[path]!), path).toBeLessThan(1e-4);
    }
  });

  it('are dropped sample by sample in stochastic depth', () => {
    const vit = visionTransformer({ ...small, stochasticDepth: 0.5 });
    const variables = vit.init(1);
    const mode = { training: true, key: randomKey(0, 0, 'forward') };
    const same = tf.tile(images(1, 16), [24, 1, 1, 1]);
    const { output } = apply(vit.encoder, variables, [{ images: same }, { images: images(2, 8) }], mode);
    // Copies of one image differ only by which branches of the last block were left out: at most four outcomes.
    const cls = output[0]!.cls!.arraySync();
    const outcomes = new Set(cls.map((row) => row.map((value) => value.toFixed(3)).join()));
    expect(outcomes.size).toBeGreaterThan(1);
    expect(outcomes.size).toBeLessThanOrEqual(4);
  });
});

describe('masks', () => {
  it('visible patches alone reach the blocks, in the order asked for', () => {
    const vit = visionTransformer(small);
    const variables = vit.init(1);
    const all = Array.from({ length: 16 }, (_, i) => i);
    const reversed = tf.tensor2d([all, [...all].reverse()], [2, 16], 'int32');
    const run = (extra: object) => apply(vit.encoder, variables, [{ images: images(2, 16), ...extra }], evaluation).output[0]!;
    const whole = run({});
    const turned = run({ visible: reversed });
    expect(distance(whole.cls!, turned.cls!)).toBeLessThan(1e-5);
    expect(distance(tf.reverse(tf.slice(whole.patches, [1, 0, 0], [1, -1, -1]), 1), tf.slice(turned.patches, [1, 0, 0], [1, -1, -1]))).toBeLessThan(1e-5);
    const few = run({ visible: tf.tensor2d([[3, 5, 7], [0, 1, 2]], [2, 3], 'int32') });
    expect(few.patches.shape).toEqual([2, 3, 8]);
    // What is hidden has no influence.
    const lastRow = tf.reshape(tf.where(tf.equal(tf.range(0, 16), 15), tf.scalar(9), tf.scalar(1)), [1, 16, 1, 1]);
    const changed = tf.mul<Tensor4D>(images(2, 16), lastRow);
    const other = apply(vit.encoder, variables, [{ images: changed, visible: tf.tensor2d([[3, 5, 7], [0, 1, 2]], [2, 3], 'int32') }], evaluation);
    expect(distance(few.patches, other.output[0]!.patches)).toBeLessThan(1e-6);
  });

  it('the mask token takes the place of masked patches, but not of their positions', () => {
    const vit = visionTransformer({ ...small, maskToken: true });
    const variables = vit.init(1);
    const mask = tf.tensor2d(Array.from({ length: 32 }, (_, i) => Number(i % 3 === 0)), [2, 16]);
    const every = tf.ones<tf.Rank.R2>([2, 16]);
    const run = (x: Tensor4D, m: tf.Tensor2D) => apply(vit.encoder, variables, [{ images: x, mask: m }], evaluation).output[0]!;
    expect(distance(run(images(2, 16, 1), every).patches, run(images(2, 16, 2), every).patches)).toBeLessThan(1e-6);
    expect(distance(run(images(2, 16, 1), mask).patches, run(images(2, 16, 2), mask).patches)).toBeGreaterThan(0.1);
    const patches = tf.unstack(run(images(1, 16), tf.ones([1, 16])).patches, 1);
    expect(distance(patches[0]!, patches[1]!)).toBeGreaterThan(1e-3);
    expect(() => run(images(2, 16), tf.ones([2, 4]))).toThrow(/mask needs the shape \[batch, patches\] = \[2, 16\], got \[2, 4\]/);
  });
});

describe('training', () => {
  it.each([
    ['plain', {}],
    ['everything', { ...dinov2RegisterOptions, ...small, qkNorm: true, maskToken: true, feedForward: 'swiglu' as const }],
    ['beit', { positions: 'relative', qkvBias: 'queryValue', layerScale: 0.1, naming: 'beit', pool: 'mean' } as const],
  ])('every parameter gets a gradient: %s', (_name, extra) => {
    const vit = visionTransformer({ ...small, ...extra });
    const { params, buffers } = vit.init(3);
    const mask = tf.tensor2d(Array.from({ length: 32 }, (_, i) => Number(i % 3 === 0)), [2, 16]);
    const input = { images: images(2, 16), ...('maskToken' in extra ? { mask } : {}) };
    const { gradients } = valueAndGradients((tree) => {
      const { output } = apply(vit.encoder, { params: tree, buffers }, [input], { training: true });
      const { cls, patches } = output[0]!;
      const value = tf.add(tf.sum(tf.square(tf.cos(tf.mul(cls!, 2)))), tf.sum(tf.square(tf.sin(tf.mul(patches, 3)))));
      return { value: value as tf.Scalar, aux: {} };
    }, params);
    for (const [path, gradient] of Object.entries(treeToMap(gradients[0]))) {
      expect(largest(gradient), path).toBeGreaterThan(0);
      expect(largest(gradient), path).toBeLessThan(Infinity);
    }
  });

  it('sine-cosine positions are buffers: saved, not trained', () => {
    const { params, buffers } = visionTransformer({ ...small, positions: 'sincos' }).init(0);
    expect(Object.keys(buffers)).toEqual(['pos_embed']);
    expect(Object.keys(params)).not.toContain('pos_embed');
  });

  it('leaves no tensors behind', () => {
    const vit = visionTransformer(small);
    const variables = vit.init(1);
    const x = images(1, 16);
    const before = tf.memory().numTensors;
    const features = tf.tidy(() => apply(vit, variables, x, evaluation).output);
    expect(tf.memory().numTensors).toBe(before + 1);
    expect(features.shape).toEqual([1, 8]);
  });

  it('starts from the same weights for the same seed, different in every block', () => {
    const weights = (seed: number) => treeToMap(visionTransformer({ ...small, initialisation: 'mae' }).init(seed).params);
    const [a, b] = [weights(5), weights(5)];
    for (const path of Object.keys(a)) expect(distance(a[path]!, b[path]!), path).toBe(0);
    expect(distance(a['blocks.0.attn.qkv.weight']!, a['blocks.1.attn.qkv.weight']!)).toBeGreaterThan(0.1);
  });
});

describe('feature map and wrong input', () => {
  it('keeps rows and columns', () => {
    const vit = visionTransformer(small);
    const module = { init: () => ({ params: {}, buffers: {} }), forward: vit.featureMap.bind(vit) };
    const wide = tf.randomNormal<tf.Rank.R4>([1, 8, 12, 3]);
    expect(apply(module, vit.init(0), wide, evaluation).output.shape).toEqual([1, 2, 3, 8]);
  });

  it.each([
    [{ imageSize: 15 }, /an image size that is a multiple of the patch size, got 15 and 4/],
    [{ classToken: false }, /a class token for pool: 'class'/],
    [{ positions: 'relative', registers: 2 }, /no registers with relative positions/],
    [{ positions: 'sincos', width: 6 }, /a width that is a multiple of 4/],
    [{ heads: 3 }, /heads that divide the width, got 3 for 8/],
    [{ feedForward: 'swiglu', mlpRatio: 4.2 }, /an even number of hidden features/],
  ] as const)('%o', (options, message) => {
    expect(() => visionTransformer({ ...small, ...options })).toThrow(message);
  });

  it('explains sizes and blocks that do not fit', () => {
    const vit = visionTransformer(small);
    const run = (input: object) => apply(vit.encoder, vit.init(0), [{ images: images(1, 16), ...input }], evaluation);
    expect(() => run({ images: images(1, 10) })).toThrow(/patches of 4 px need images whose sides are multiples of it, got 10 x 10/);
    expect(() => run({ blocks: [2] })).toThrow(/blocks are numbered from 0 to 1, got 2/);
    const relative = visionTransformer({ ...small, positions: 'relative' });
    const wide = tf.slice4d(images(1, 16), [0, 0, 0, 0], [1, 8, 16, 3]);
    expect(() => apply(relative, relative.init(0), wide, evaluation)).toThrow(/for square images with a class token, got 9 tokens/);
  });
});
