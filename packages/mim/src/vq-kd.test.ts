import { useBackend } from '@ssl/backend';
import { frozenNetwork, randomKey, smallConvNet, visionTransformer } from '@ssl/core';
import type { SslMethod, TensorRecord } from '@ssl/core';
import { conformance, invariance, toyViews, watchToyRun } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { simmim } from './simmim.js';
import { commitmentLoss, moveCodebook, nearestCodes, straightThrough } from './vector-quantizer.js';
import { vqKd, type VqKdOptions } from './vq-kd.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const vit = (maskToken = false) => visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 1, heads: 2, maskToken });
const grown = simmim({ backbone: vit(true) }) as unknown as SslMethod;
const teacher = () => frozenNetwork({ method: grown, state: grown.init(3), imageSize: 16, channels: 3 });
const small = (options: Partial<VqKdOptions> = {}) => vqKd({ backbone: vit(), teacher: teacher(), vocabulary: 16, codeDimension: 8, decoderDepth: 1, ...options });

describe('vq-kd conforms', () => {
  conformance({ test, method: () => small(), views: toyViews(1) });
});

describe('vq-kd', () => {
  test('micro-batches give the loss and gradient of the whole batch', async () => {
    const { loss, gradient } = await invariance({ method: small() });
    expect(loss).toBeLessThan(1e-5);
    expect(gradient).toBeLessThan(1e-4);
  });

  test('the tokenizer names the codes that training used, from images that it normalises itself', () => {
    const method = small();
    const { params, aux } = method.init(1);
    const images = tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', 7) as Tensor4D;
    const view = tf.div<Tensor4D>(tf.sub(images, [0.485, 0.456, 0.406]), [0.229, 0.224, 0.225]);
    const { outputs } = method.forward({ params, aux, views: [view], extras: {}, schedules: {}, training: false, key: randomKey(0, 0, 'x') });
    const variables = method.tokenizer.variables({ params, aux });
    expect(method.tokenizer.tokens(variables, images).arraySync()).toEqual(outputs.tokens.arraySync());
    expect(Object.keys(variables)).toEqual(['backbone', 'encode_task', 'buffers', 'codebook']);
  });

  test('a convolutional teacher of another grid and size is fitted', () => {
    const conv = { ...grown, trainedBackbone: () => ({ backbone, variables: backbone.init(0) }) } as unknown as SslMethod;
    const backbone = smallConvNet({ widths: [8, 16], strides: [2, 2] });
    const method = small({ teacher: { ...teacher(), method: conv, imageSize: 24 } });
    const { params, aux } = method.init(1);
    const images = tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', 7) as Tensor4D;
    const { outputs } = method.forward({ params, aux, views: [images], extras: {}, schedules: {}, training: false, key: randomKey(0, 0, 'x') });
    expect(outputs.wanted.shape).toEqual([2, 16, 16]);
    expect(outputs.said.shape).toEqual([2, 16, 16]);
  });

  test('the collapse monitor is silent about a healthy run, and names codes that the encoder does not reach', async () => {
    expect(await watchToyRun({ method: small() })).toEqual([]);
    // All codes but one point away from where the vectors are: no vector ever chooses them, and they never move.
    const stuck = small({ firstCodes: 'random' });
    const far: SslMethod = {
      ...(stuck as unknown as SslMethod),
      init(seed) {
        const { params, aux } = stuck.init(seed);
        const rows = Array.from({ length: 16 }, (_, i) => Array.from({ length: 8 }, (_, j) => (j === 0 ? (i === 0 ? 1 : -1) : 0)));
        const bias = tf.tensor1d([5, 0, 0, 0, 0, 0, 0, 0]);
        const task = params.encode_task as { '2': { weight: Tensor } } & TensorRecord;
        return { params: { ...params, encode_task: { ...task, '2': { ...task['2'], bias } } }, aux: { ...aux, codebook: tf.tensor2d(rows) } };
      },
    };
    const warnings = await watchToyRun({ method: far, until: 'codebook-collapse' });
    expect(warnings.find(({ diagnosis }) => diagnosis === 'codebook-collapse')?.message).toMatch(/firstCodes 'batch'/);
  });
});

describe('the vector quantizer', () => {
  test('moves codes to the mean direction of what chose them, keeps the others, all of length 1', () => {
    const codebook = tf.tensor2d([[1, 0], [0, 1], [-1, 0]]);
    const vectors = tf.tensor2d([[0.6, 0.8], [0.8, 0.6], [1, 0]]);
    const tokens = nearestCodes(vectors, codebook);
    expect(tokens.arraySync()).toEqual([1, 0, 0]);
    const moved = moveCodebook({ codebook, vectors, tokens, momentum: 0.5 }).arraySync();
    const [x, y] = [0.9 / Math.hypot(0.9, 0.3), 0.3 / Math.hypot(0.9, 0.3)];
    const length = Math.hypot((1 + x) / 2, y / 2);
    expect(moved[0]![0]).toBeCloseTo((1 + x) / 2 / length, 6);
    expect(moved[0]![1]).toBeCloseTo(y / 2 / length, 6);
    expect(moved[2]).toEqual([-1, 0]);
    for (const row of moved) expect(Math.hypot(...row)).toBeCloseTo(1, 6);
  });

  test('the gradient passes straight through, and commits vectors to codes, not codes to vectors', () => {
    const codes = tf.tensor2d([[1, 0]]);
    const through = tf.grad((z) => tf.sum(tf.mul(straightThrough(z as Tensor2D, codes), [[2, 3]])));
    expect(through(tf.tensor2d([[0, 1]])).arraySync()).toEqual([[2, 3]]);
    const vectors = tf.tensor2d([[0, 1]]);
    const commit = tf.grad((z) => commitmentLoss(z as Tensor2D, codes));
    expect(commit(vectors).arraySync()).toEqual([[-1, 1]]);
    expect(() => tf.grad((c) => commitmentLoss(vectors, c as Tensor2D))(codes)).toThrow('Cannot compute gradient');
  });
});
