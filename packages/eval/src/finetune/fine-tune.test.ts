import { useBackend } from '@ssl/backend';
import { apply, disposeTree, resnet18, smallConvNet, treeToMap, vitTiny, type Backbone, type Variables, type Views } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { embedDataset } from '../embed/embed-dataset.js';
import { imageBatches, type ImageSet } from '../embed/image-set.js';
import { linearProbe } from '../probes/linear-probe.js';
import { fineTune } from './fine-tune.js';

beforeAll(() => useBackend({ device: 'cpu' }));

const side = 8;
const network = smallConvNet({ widths: [4, 8], strides: [2, 2] });

/** Numbers that look random, in 0..1. */
function noise(i: number): number {
  const x = Math.sin(i * 12.9898 + 4.1414) * 43758.5453;
  return x - Math.floor(x);
}

/** Noise in red and blue; green says the class: dark or bright. */
function greenSet(count: number, from: number): ImageSet {
  const labels = Int32Array.from({ length: count }, (_, row) => Math.floor(2 * noise(1e5 + from + row)));
  const pixels = Uint8Array.from({ length: count * side * side * 3 }, (_, i) => {
    const value = noise(from * 977 + i);
    if (i % 3 !== 1) return 255 * value;
    return 100 * value + (labels[Math.floor(i / (side * side * 3))] === 1 ? 155 : 0);
  });
  return { pixels, shape: [count, side, side, 3], labels, indices: Int32Array.from(labels, (_, i) => from + i), aspects: new Float32Array(count).fill(1) };
}

const train = greenSet(64, 0);
const test_ = greenSet(48, 1000);
const quick = { epochs: 20, leastSteps: 0, batchSize: 16, learningRates: [0.2], warmupEpochs: 1 } as const;

/** Weights of a network that was never shown green: its first layer does not look at it. */
function blindToGreen(): Variables {
  const { params, buffers } = network.init(5);
  const { weight } = params['0'] as { weight: tf.Tensor4D };
  const blind = tf.tidy(() => tf.mul<tf.Tensor4D>(weight, tf.tensor4d([1, 0, 1], [1, 1, 3, 1])));
  weight.dispose();
  return { params: { ...params, 0: { weight: blind } }, buffers };
}

test('where features must move, fine-tuning learns what a linear layer on them cannot', async () => {
  const variables = blindToGreen();
  const embed = async (images: ImageSet) => ({
    ...(await embedDataset({
      embed: ({ images: x, ...state }: Variables & { images: tf.Tensor4D }) => apply(network, state, x, { training: false }).output,
      state: variables,
      batches: imageBatches(images, 64),
    })),
    labels: images.labels!,
  });
  const linear = await linearProbe({ train: await embed(train), test: await embed(test_) }, { epochs: 20, batchSize: 16 });
  const tuned = await fineTune({ backbone: network, variables, train, test: test_ }, quick);
  expect(linear.accuracy).toBeLessThan(0.75);
  expect(tuned.accuracy).toBeGreaterThan(0.95);
  expect(tuned.steps).toBe(80);
  expect(tuned.losses.at(-1)).toBeLessThan(tuned.losses[0]!);
  // A lowest layer that hardly learns stays blind.
  const held = await fineTune({ backbone: network, variables, train, test: test_ }, { ...quick, layerDecay: 1e-3 });
  expect(held.accuracy).toBeLessThan(0.75);
  disposeTree(variables);
});

test('the same seed gives the same result, another seed another one; weights of the caller stay, nothing is left behind', async () => {
  const variables = network.init(3);
  const before = tf.memory().numTensors;
  const run = (seed: number) => fineTune({ backbone: network, variables, train, test: test_ }, { ...quick, epochs: 2, seed });
  const first = await run(0);
  expect(await run(0)).toEqual(first);
  expect((await run(1)).losses).not.toEqual(first.losses);
  expect(tf.memory().numTensors).toBe(before);
  expect(Object.values(treeToMap(variables.params)).every((tensor) => !tensor.isDisposed)).toBe(true);
  disposeTree(variables);
});

describe('every kind of backbone, pretrained and from scratch', () => {
  const vit = vitTiny({ imageSize: side, patchSize: 4, width: 16, heads: 2, depth: 2 });
  test.each<[string, Backbone, object]>([
    ['ResNet', resnet18({ width: 4, stem: 'cifar' }), { learningRates: [0.1] }],
    ['ViT with drop path and clipped gradients', vit, { learningRates: [0.05], stochasticDepth: 0.1, clipNorm: 1 }],
  ])('%s', async (_name, backbone, more) => {
    const variables = backbone.init(1);
    const tuned = await fineTune({ backbone, variables, train, test: test_ }, { ...quick, ...more });
    const scratch = await fineTune({ backbone, train, test: test_ }, { ...quick, ...more });
    expect(tuned.accuracy).toBeGreaterThan(0.9);
    expect(scratch.accuracy).toBeGreaterThan(0.9);
    disposeTree(variables);
  });
});

test('views give the images and, where they mix, the labels', async () => {
  const swapped: Views = ({ images, labels }) => ({
    views: [images],
    extras: { targets: tf.cast(tf.oneHot(tf.cast(tf.sub(1, labels!), 'int32'), 2), 'float32') },
  });
  const { accuracy } = await fineTune({ backbone: network, train, test: test_, views: swapped }, quick);
  expect(accuracy).toBeLessThan(0.05);
});

test('of several rates one is chosen on images of other groups', async () => {
  const groups = Int32Array.from({ length: 64 }, (_, i) => Math.floor(i / 2));
  const { learningRate, selection } = await fineTune({ backbone: network, train, test: test_, groups }, { ...quick, learningRates: [1e-6, 0.2], validationShare: 0.25 });
  expect(selection.map((entry) => entry.learningRate)).toEqual([1e-6, 0.2]);
  expect(selection[1]!.validationAccuracy).toBeGreaterThan(selection[0]!.validationAccuracy);
  expect(learningRate).toBe(0.2);
});

describe('misuse is explained', () => {
  const input = { backbone: network, train, test: test_ };
  test('no classes', async () => {
    const { pixels, shape, indices, aspects } = train;
    await expect(fineTune({ ...input, train: { pixels, shape, indices, aspects } })).rejects.toThrow(/needs images with classes/);
  });
  test('weights of another network', async () => {
    const variables = smallConvNet({ widths: [4, 6], strides: [2, 2] }).init(0);
    const before = tf.memory().numTensors;
    await expect(fineTune({ ...input, variables })).rejects.toThrow(/needs the weights of small-conv-net, got others: 3.weight/);
    expect(tf.memory().numTensors).toBe(before);
    disposeTree(variables);
  });
  test('drop path without blocks, options out of range', async () => {
    await expect(fineTune(input, { stochasticDepth: 0.1 })).rejects.toThrow(/needs a Vision Transformer, got 'small-conv-net'/);
    await expect(fineTune(input, { learningRates: [] })).rejects.toThrow(/needs rates above 0/);
  });
  test('a rate that diverges', async () => {
    const before = tf.memory().numTensors;
    await expect(fineTune(input, { ...quick, learningRates: [1e38] })).rejects.toThrow(/finite loss, got .*Lower the rate/);
    expect(tf.memory().numTensors).toBe(before);
  });
});
