import '@tensorflow/tfjs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CheckpointInfo } from '../checkpoint/checkpoint.js';
import { saveCheckpoint } from '../checkpoint/save-checkpoint.js';
import { apply } from '../modules/apply.js';
import { smallConvNet } from '../modules/small-conv-net.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { disposeTree } from '../tensor-tree/dispose-tree.js';
import { toyMethod } from '../testing/toy-method.js';
import { backboneBranch } from './backbone-features.js';
import { frozenBackbone, frozenNetwork, loadFrozenNetwork } from './frozen-network.js';
import type { SslMethod } from './method.js';

const backbone = smallConvNet({ widths: [4, 8], strides: [2, 2] });
const method = toyMethod({
  change: {
    init(seed) {
      const { params, buffers } = backbone.init(seed);
      return { params: { backbone: params }, aux: { buffers: { backbone: buffers }, teacher: {} } };
    },
    trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: (aux as { buffers: TensorRecord }).buffers }),
  },
}) as unknown as SslMethod;
const images = tf.randomUniform<tf.Rank.R4>([2, 8, 8, 3], 0, 1, 'float32', 3);
const featuresOf = (variables: { params: TensorRecord; buffers: TensorRecord }): number[] => {
  const features: Tensor2D = tf.tidy(() => apply(backbone, variables, images, { training: false }).output);
  const values = [...features.dataSync()];
  features.dispose();
  return values;
};
let folder = '';
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = mkdtempSync(join(tmpdir(), 'ssl-frozen-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

test('the backbone of a frozen network comes in tensors of its own, with the weights that were trained', () => {
  const state = method.init(5);
  const frozen = frozenNetwork({ method, state, imageSize: 8, channels: 3 });
  const found = frozenBackbone(frozen);
  expect(found.backbone).toBe(backbone);
  const before = tf.memory().numTensors;
  const first = found.variables();
  const wanted = featuresOf({ params: state.params.backbone as TensorRecord, buffers: (state.aux.buffers as { backbone: TensorRecord }).backbone });
  expect(featuresOf(first)).toEqual(wanted);
  disposeTree([first.params, first.buffers]);
  const second = found.variables();
  expect(featuresOf(second)).toEqual(wanted);
  disposeTree([second.params, second.buffers]);
  expect(tf.memory().numTensors).toBe(before);
});

test('weights come from a checkpoint, and one of another network is refused', async () => {
  const { params, aux } = method.init(6);
  const info: CheckpointInfo = {
    ...{ format: 'ssl-checkpoint/1', method: 'toy', optimizer: 'sgd', step: 1, totalSteps: 1, seed: 6, batchSize: 2, stepsPerEpoch: 1 },
    ...{ position: { epoch: 0, batch: 0 }, loss: null, config: {} },
  };
  const path = join(folder, 'step.safetensors');
  await saveCheckpoint(path, { info, params, aux, optimizer: {} });
  const frozen = await loadFrozenNetwork(path, { method, imageSize: 8, channels: 3 });
  const { params: kept, buffers } = frozenBackbone(frozen).variables();
  expect(featuresOf({ params: kept, buffers })).toEqual(
    featuresOf({ params: params.backbone as TensorRecord, buffers: (aux.buffers as { backbone: TensorRecord }).backbone }),
  );
  const other = { ...method, init: () => toyMethod().init(0) };
  await expect(loadFrozenNetwork(path, { method: other, imageSize: 8, channels: 3 })).rejects.toThrow('is of another network');
});

test('a method that does not say which backbone it trains cannot be a teacher', () => {
  const silent = toyMethod() as unknown as SslMethod;
  const frozen = frozenNetwork({ method: silent, state: silent.init(0), imageSize: 8, channels: 3 });
  expect(() => frozenBackbone(frozen)).toThrow('a teacher needs a method that says which backbone it trains, got toy');
});
