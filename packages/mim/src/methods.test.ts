import { maskedCount, randomMasks, withMasks } from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import { peakOfSchedule, randomKey, smallConvNet, visionTransformer } from '@ssl/core';
import type { FrozenNetwork, SslMethod, VisionTransformerOptions } from '@ssl/core';
import { conformance, toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { methods } from './index.js';
import { dvae } from './dvae.js';
import { mae } from './mae.js';
import { patchify } from './patchify.js';
import { simmim } from './simmim.js';
import { squareMasks } from './square-masks.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const vit = (options: VisionTransformerOptions = {}) => visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2, ...options });
const maeMasks = randomMasks({ patches: 16, masked: maskedCount(16, 0.75) });
const small = () => mae({ backbone: vit({ positions: 'sincos', initialisation: 'mae' }), decoderWidth: 8, decoderDepth: 1, decoderHeads: 2 });

describe('mae conforms', () => {
  conformance({ test, method: small, views: withMasks(toyViews(1), maeMasks) });
});

describe('simmim conforms', () => {
  conformance({
    test,
    method: () => simmim({ backbone: vit({ maskToken: true, pool: 'mean' }) }),
    views: withMasks(toyViews(1), squareMasks({ grid: [4, 4], ratio: 0.5, unit: 2 })),
  });
});

describe('what is hidden', () => {
  test('the encoder of MAE sees the visible patches alone: the others do not change its features', () => {
    const method = small();
    const { params, aux } = method.init(0);
    const hidden = maeMasks(2, randomKey(0, 0, 'masks'));
    const image = tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', 1) as Tensor4D;
    const features = (images: Tensor4D) =>
      method.forward({ params, aux, views: [images], extras: hidden, schedules: {}, training: false, key: randomKey(0, 0, 'x') }).outputs;
    const { masked } = method.reconstruct({ params, aux, images: image, hidden: hidden as never });
    const [whole, blank] = [features(image), features(masked)];
    expect(tf.max(tf.abs(tf.sub(whole.predictions, blank.predictions))).dataSync()[0]).toBeLessThan(1e-5);
    const seen = tf.sum(tf.sub(1, hidden.mask!), 1).arraySync();
    expect(seen).toEqual([4, 4]);
    expect(hidden.keep!.shape).toEqual([2, 4]);
  });

  test('SimMIM hides whole squares, the same number in each image', () => {
    const { mask } = squareMasks({ grid: [8, 8], ratio: 0.6, unit: 2 })(3, randomKey(0, 0, 'masks'));
    const squares = patchify(tf.reshape<tf.Rank.R4>(mask, [3, 8, 8, 1]), 2);
    expect([...new Set(tf.sum(squares, 2).dataSync())].sort()).toEqual([0, 4]);
    expect(tf.sum(mask, 1).arraySync()).toEqual([40, 40, 40]); // 16 - floor(6.4) = 10 squares
    expect(() => squareMasks({ grid: [7, 7], ratio: 0.6, unit: 2 })).toThrow('unit 2');
  });
});

describe('the plugins', () => {
  const dictionary = dvae({ vocabulary: 16, width: 8, groups: 3, blocks: 1 }) as unknown as SslMethod;
  const tokenizer: FrozenNetwork = { method: dictionary, weights: () => dictionary.init(0), imageSize: 16, channels: 3 };
  const grown = simmim({ backbone: vit({ maskToken: true }) }) as unknown as SslMethod;
  const teacher: FrozenNetwork = { ...tokenizer, method: grown, weights: () => grown.init(0) };
  const context = { frozen: { tokenizer, teacher }, imageSize: 16, channels: 3, batchSize: 256, datasetSize: 2560, totalSteps: 400, stepsPerEpoch: 10 };

  test.each(methods.map((plugin) => [plugin.name, plugin] as const))('%s makes its method with both presets, and needs a ViT', (name, plugin) => {
    const make = (options: object, backbone = vit()) => plugin.create({ ...context, backbone }, options as never);
    for (const options of [plugin.defaults, { ...plugin.defaults, ...plugin.smallData }]) {
      const { method, recipe } = make(options);
      expect(method.name).toBe(name);
      expect(peakOfSchedule(recipe.learningRate, 400)).toBeCloseTo((options as { learningRate: number }).learningRate, 10);
    }
    expect(Object.keys(plugin.smallData).filter((key) => !(key in plugin.defaults))).toEqual([]);
    if (name === 'dvae') return; // brings its own network
    expect(() => make(plugin.defaults, smallConvNet() as never)).toThrow(`${name} works on patches and needs a Vision Transformer`);
  });
});
