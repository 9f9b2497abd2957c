import '@tensorflow/tfjs'; // the plain JavaScript engine
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { smallConvNet } from '../modules/small-conv-net.js';
import { vitTiny } from '../modules/vision-transformer/vit-presets.js';
import { mlp } from '../modules/mlp.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { batchNormNote } from './batch-norm-note.js';

beforeAll(() => tf.setBackend('cpu'));

const buffersOf = (network: { init(seed: number): { buffers: object } }) => network.init(0).buffers as TensorRecord;
const convolutional = { aux: { buffers: { backbone: buffersOf(smallConvNet({ widths: [2, 2], strides: [2, 1] })) } } };
const transformer = { aux: { buffers: { backbone: buffersOf(vitTiny({ imageSize: 8, patchSize: 4, width: 8, depth: 1, heads: 1 })) } } };

test('micro-batches with batch norm: how many images it sees, and what to do', () => {
  expect(batchNormNote(convolutional, 256, 8)).toMatch(/^batch norm in the network sees 32 images at a time instead of 256, since each micro-batch is normalised alone.*activation checkpointing/);
  expect(batchNormNote(transformer, 256, 8)).toBeUndefined();
});

test('heads with batch norm on a network without', () => {
  const heads = { aux: { buffers: { ...transformer.aux.buffers, projector: buffersOf(mlp([4, 4, 2])) } } };
  expect(Object.keys(heads.aux.buffers.projector)).not.toEqual([]);
  expect(batchNormNote(heads, 64, 2)).toMatch(/^batch norm in the heads sees 32 images at a time instead of 64.*heads without batch norm/);
});

test('very few images', () => {
  expect(batchNormNote(convolutional, 2, 1)).toMatch(/sees only 2 images at a time, so its mean and variance are mostly chance\. To change: a larger batch/);
  expect(batchNormNote(convolutional, 8, 1)).toBeUndefined();
  expect(batchNormNote(transformer, 2, 1)).toBeUndefined();
});
