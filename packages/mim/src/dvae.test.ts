import { useBackend } from '@ssl/backend';
import { randomKey } from '@ssl/core';
import { conformance, invariance, watchToyRun } from '@ssl/core/testing';
import type { Views } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { dvae, type DvaeOptions } from './dvae.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const small = (options: DvaeOptions = {}) =>
  dvae({ vocabulary: 16, width: 16, groups: 3, blocks: 1, temperature: () => 0.5, klWeight: () => 3, ...options });
/** Toy images as they are. */
const plain: Views = ({ images }) => ({ views: [tf.clone(images)] });

describe('dvae conforms', () => {
  conformance({ test, method: () => small(), views: plain });
});

describe('dvae', () => {
  test('micro-batches give the loss and gradient of the whole batch, up to their own draws', async () => {
    // Without noise in effect: at a high temperature every sample is uniform.
    const { loss, gradient } = await invariance({ method: small({ temperature: () => 1e6 }), views: plain });
    expect(loss).toBeLessThan(1e-5);
    expect(gradient).toBeLessThan(1e-3);
  });

  test('gives each patch a token, the same for the same image, and draws pictures of the same size', () => {
    const method = small();
    const { params, aux } = method.init(1);
    const images = tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', 7) as Tensor4D;
    const variables = method.tokenizer.variables({ params, aux });
    const tokens = method.tokenizer.tokens(variables, images);
    expect(tokens.shape).toEqual([2, 16]);
    expect(tokens.dtype).toBe('int32');
    expect(method.tokenizer.stride).toBe(4);
    const { outputs } = method.forward({ params, aux, views: [images], extras: {}, schedules: {}, training: false, key: randomKey(0, 0, 'x') });
    expect(tf.argMax(outputs.logits, 2).arraySync()).toEqual(tokens.arraySync());
    const pictures = method.reconstruct({ params, images });
    expect(pictures.shape).toEqual(images.shape);
    expect(tf.min(pictures).dataSync()[0]).toBeGreaterThanOrEqual(0);
    expect(tf.max(pictures).dataSync()[0]).toBeLessThanOrEqual(1);
    expect(() => dvae({ vocabulary: 1 })).toThrow('a vocabulary of 2 or more');
  });

  test('the collapse monitor is silent about a healthy run', async () => {
    expect(await watchToyRun({ method: small(), views: plain })).toEqual([]);
  });

  test('names tokens that stay uniform under too much weight on the KL term', async () => {
    const warnings = await watchToyRun({ method: small({ klWeight: () => 1000 }), views: plain, until: 'uniform-tokens' });
    expect(warnings.find(({ diagnosis }) => diagnosis === 'uniform-tokens')?.message).toMatch(/lower the weight of the KL term/);
  });

  test('names a codebook of which one token is left, for want of the KL term', async () => {
    const warnings = await watchToyRun({ method: small({ width: 8, klWeight: () => 0 }), views: plain, until: 'codebook-collapse' });
    expect(warnings.find(({ diagnosis }) => diagnosis === 'codebook-collapse')?.message).toMatch(/raise the weight of the KL term/);
  });
});
