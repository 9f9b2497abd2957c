import { blockMasks, withMasks } from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import { beitOptions, frozenNetwork, randomKey, visionTransformer } from '@ssl/core';
import type { SslMethod, TensorRecord, Views } from '@ssl/core';
import { conformance, invariance, watchToyRun } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { beit } from './beit.js';
import { beitViews } from './beit-views.js';
import { dvae } from './dvae.js';
import { patchify } from './patchify.js';
import { requireTokenizer, type TokenizerMethod } from './tokenizer.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const farthest = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
const vit = () => visionTransformer({ ...beitOptions, imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2, maskToken: true });
const dictionary = dvae({ vocabulary: 16, width: 8, groups: 3, blocks: 1 }) as unknown as SslMethod;
/** A tokenizer that was not trained: its tokens are those of random filters. */
const tokenizer = () => frozenNetwork({ method: dictionary, state: dictionary.init(2), imageSize: 16, channels: 3 });
const small = () => beit({ backbone: vit(), tokenizer: tokenizer(), maskedPatches: 6 });
/** Tokens by the brightness of a patch; with levels of 0 they are all the same. */
const brightness: TokenizerMethod = {
  ...dictionary,
  tokenizer: {
    vocabulary: 8,
    stride: 4,
    variables: ({ params }) => params,
    tokens: ({ levels }, images) =>
      tf.tidy(() => {
        const means = tf.mean(tf.avgPool(images, 4, 4, 'valid'), 3);
        return tf.reshape<tf.Rank.R2>(tf.cast(tf.clipByValue(tf.floor(tf.mul(tf.mul(means, 8), levels as Tensor1D)), 0, 7), 'int32'), [images.shape[0], 16]);
      }),
  },
};
/** Toy images as they are, for the network and for the tokenizer. */
const plain: Views = ({ images }) => ({ views: [tf.clone(images)], extras: { tokenizerImages: tf.clone(images) } });
const masks = blockMasks({ grid: [4, 4], count: 6, minimumBlock: 2 });
const views = withMasks(plain, masks);

describe('beit conforms', () => {
  conformance({ test, method: small, views });
});

describe('beit', () => {
  test('micro-batches give the loss and gradient of the whole batch', async () => {
    const { loss, gradient } = await invariance({ method: small(), views });
    expect(loss).toBeLessThan(1e-5);
    expect(gradient).toBeLessThan(1e-4);
  });

  test('the head on hidden patches alone gives the loss of the head on all', () => {
    const images = tf.randomUniform([3, 16, 16, 3], 0, 1, 'float32', 7) as Tensor4D;
    const extras = { ...masks(3, randomKey(0, 0, 'masks')), tokenizerImages: images };
    const losses = [6, undefined].map((maskedPatches) => {
      const method = beit({ backbone: vit(), tokenizer: tokenizer(), ...(maskedPatches !== undefined && { maskedPatches }) });
      const { params, aux } = method.init(1);
      const input = { params, aux, schedules: {}, key: randomKey(0, 0, 'x') };
      const { outputs } = method.forward({ ...input, views: [images], extras, training: false });
      const { loss, metrics } = method.objective({ ...input, outputs });
      return [loss.dataSync()[0]!, metrics.accuracy!.dataSync()[0]!];
    });
    expect(losses[0]![0]).toBeCloseTo(losses[1]![0]!, 5);
    expect(losses[0]![1]).toBeCloseTo(losses[1]![1]!, 6);
  });

  test('hidden pixels do not reach the encoder, and the tokens are those of the whole image', () => {
    const method = small();
    const { params, aux } = method.init(1);
    const images = tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', 8) as Tensor4D;
    const { mask } = masks(2, randomKey(3, 0, 'masks'));
    const hidden = tf.sub(1, tf.expandDims(mask!, 2));
    const blanked = tf.mul(patchify(images, 4), hidden);
    const back = tf.reshape(tf.transpose(tf.reshape(blanked, [2, 4, 4, 4, 4, 3]), [0, 1, 3, 2, 4, 5]), [2, 16, 16, 3]) as Tensor4D;
    const run = (seen: Tensor4D) =>
      method.forward({ params, aux, views: [seen], extras: { mask: mask!, tokenizerImages: images }, schedules: {}, training: false, key: randomKey(0, 0, 'x') }).outputs;
    const [whole, blank] = [run(images), run(back)];
    expect(farthest(whole.logits, blank.logits)).toBeLessThan(1e-6);
    const all = requireTokenizer(dictionary).tokens(aux.tokenizer, images).arraySync();
    const places = tf.topk(mask!, 6).indices.arraySync() as number[][];
    expect(whole.tokens.arraySync()).toEqual(places.map((row, i) => row.map((place) => all[i]![place])));
  });

  test('the tokenizer stays as it was, in tensors of its own', () => {
    const before = tf.memory().numTensors;
    const frozen = tokenizer();
    const method = beit({ backbone: vit(), tokenizer: frozen });
    const { aux } = method.init(0);
    const own = (aux.tokenizer.backbone as { head: { weight: Tensor } }).head.weight;
    const source = frozen.weights();
    expect(farthest(own, ((source.params.backbone as TensorRecord).head as { weight: Tensor }).weight)).toBe(0);
    expect(Object.keys(aux.tokenizer)).toEqual(['backbone']); // no decoder
    expect(tf.memory().numTensors).toBeGreaterThan(before);
  });

  test('says what is missing', () => {
    expect(() => beit({ backbone: vit() })).toThrow('beit needs a tokenizer');
    expect(() => beit({ backbone: visionTransformer({ imageSize: 16, patchSize: 4, width: 16, heads: 2, depth: 1 }), tokenizer: tokenizer() })).toThrow('maskToken: true');
    const other = { ...tokenizer(), method: small() as unknown as SslMethod };
    expect(() => beit({ backbone: vit(), tokenizer: other })).toThrow('got a run of beit. Train one first: ssl train --method dvae');
  });

  test('the collapse monitor is silent about a healthy run, and names a tokenizer of one token', async () => {
    const warned = (levels: Tensor1D, until?: string) => {
      const frozen = frozenNetwork({ method: brightness, state: { params: { levels }, aux: {} }, imageSize: 16, channels: 3 });
      return watchToyRun({ method: beit({ backbone: vit(), tokenizer: frozen, maskedPatches: 6 }), views, learningRate: 1e-3, ...(until === undefined ? {} : { until }) });
    };
    expect(await warned(tf.tensor1d([1]))).toEqual([]);
    const warnings = await warned(tf.tensor1d([0]), 'codebook-collapse');
    expect(warnings.find(({ diagnosis }) => diagnosis === 'codebook-collapse')?.message).toMatch(/train the tokenizer again/);
  });
});

describe('beitViews', () => {
  const input = (size: number) => ({
    images: tf.randomUniform([2, size, size, 3], 0, 1, 'float32', 9) as Tensor4D,
    aspects: tf.ones([2]) as Tensor1D,
    key: randomKey(0, 5, 'views'),
  });
  const undo = (view: Tensor4D) => tf.add(tf.mul(view, [0.229, 0.224, 0.225]), [0.485, 0.456, 0.406]);

  test('network and tokenizer see the same crop, each with its own normalisation and size', () => {
    const same = beitViews({ size: 16, tokenizerSize: 16 })(input(24));
    expect(farthest(undo(same.views[0]!), same.extras!.tokenizerImages!)).toBeLessThan(1e-5);
    const smaller = beitViews({ size: 16, tokenizerSize: 8 })(input(24));
    expect(smaller.extras!.tokenizerImages!.shape).toEqual([2, 8, 8, 3]);
    expect(farthest(smaller.views[0]!, same.views[0]!)).toBe(0);
    const shrunk = tf.avgPool(same.extras!.tokenizerImages as Tensor4D, 2, 2, 'valid');
    expect(tf.mean(tf.abs(tf.sub(shrunk, smaller.extras!.tokenizerImages!))).dataSync()[0]).toBeLessThan(0.05);
  });

  test('draws anew for another key, and nothing where the crop is the centre', () => {
    const random = beitViews({ size: 16, tokenizerSize: 16 });
    const centre = beitViews({ size: 16, tokenizerSize: 16, crop: 'centre' });
    const [one, other] = [input(16), { ...input(16), key: randomKey(0, 6, 'views') }];
    expect(farthest(random(one).views[0]!, random(other).views[0]!)).toBeGreaterThan(0.1);
    expect(farthest(centre(one).views[0]!, centre(other).views[0]!)).toBe(0);
    expect(farthest(centre(one).extras!.tokenizerImages!, one.images)).toBeLessThan(1e-5);
  });
});
