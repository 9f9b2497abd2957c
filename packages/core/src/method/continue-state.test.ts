import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { resizePositionBiases } from '../modules/vision-transformer/resize-position-biases.js';
import { resizePositions } from '../modules/vision-transformer/resize-positions.js';
import { visionTransformer, type VisionTransformer } from '../modules/vision-transformer/vision-transformer.js';
import type { VisionTransformerOptions } from '../modules/vision-transformer/vision-transformer-options.js';
import { cloneTree } from '../tensor-tree/clone-tree.js';
import type { TensorRecord } from '../tensor-tree/tensor-tree.js';
import { treeToMap } from '../tensor-tree/tree-map.js';
import { toyMethod } from '../testing/toy-method.js';
import { backboneBranch } from './backbone-features.js';
import { continueState } from './continue-state.js';
import type { SslMethod } from './method.js';

beforeAll(() => tf.setBackend('cpu'));

/** A student and a teacher with a head, and one number that moves. */
function withTeacher(imageSize: number, options: VisionTransformerOptions = {}, outputs = 3): SslMethod {
  const backbone: VisionTransformer = visionTransformer({ imageSize, patchSize: 4, width: 8, depth: 1, heads: 2, ...options });
  return toyMethod({
    change: {
      init(seed) {
        const { params, buffers } = backbone.init(seed);
        const headed = (network: TensorRecord): TensorRecord => ({ backbone: network, head: tf.fill([outputs], seed) });
        return { params: headed(params), aux: { buffers: { backbone: buffers }, teacher: headed(cloneTree(params)), centre: tf.fill([outputs], seed) } };
      },
      trainedBackbone: ({ params, aux }) => backboneBranch(backbone, { params, buffers: (aux as { buffers: TensorRecord }).buffers }),
    },
  }) as unknown as SslMethod;
}

test('everything is taken over; position embeddings are resized in student and teacher', () => {
  const from = withTeacher(32, { interpolation: 'dino' }).init(5);
  const before = tf.memory().numTensors;
  const state = continueState(withTeacher(48, { interpolation: 'dino' }), from);
  const [old, now] = [treeToMap({ params: from.params, aux: from.aux }), treeToMap({ params: state.params, aux: state.aux })];
  expect(tf.memory().numTensors - before).toBe(Object.keys(now).length);
  expect(Object.keys(now)).toEqual(Object.keys(old));
  for (const [path, tensor] of Object.entries(now)) {
    if (!path.endsWith('pos_embed')) expect([...tensor.dataSync()], path).toEqual([...old[path]!.dataSync()]);
  }
  for (const path of ['params.backbone.pos_embed', 'aux.teacher.backbone.pos_embed']) {
    const positions = old[path] as Tensor3D;
    expect(now[path]!.shape).toEqual([1, 145, 8]);
    const patches = resizePositions(tf.slice3d(positions, [0, 1, 0], [1, 64, 8]), 8, [12, 12], 'dino');
    const expected = tf.concat([tf.slice3d(positions, [0, 0, 0], [1, 1, 8]), patches], 1);
    expect([...now[path]!.dataSync()]).toEqual([...expected.dataSync()]);
  }
});

test('register tokens without positions stay out of it; fixed positions are those of the new size', () => {
  const registers = { registers: 2, prefixPositions: false };
  const state = continueState(withTeacher(48, registers), withTeacher(32, registers).init(5));
  expect((state.params.backbone as { pos_embed: Tensor3D }).pos_embed.shape).toEqual([1, 144, 8]);
  const fixed = withTeacher(48, { positions: 'sincos' });
  const own = treeToMap(fixed.init(0).aux)['buffers.backbone.pos_embed']!;
  const taken = treeToMap(continueState(fixed, withTeacher(32, { positions: 'sincos' }).init(5)).aux)['buffers.backbone.pos_embed']!;
  expect([...taken.dataSync()]).toEqual([...own.dataSync()]);
});

test("BEiT's relative position biases are resized in student and teacher", () => {
  const relative = { positions: 'relative', qkvBias: 'queryValue', naming: 'beit' } as const;
  const from = withTeacher(32, relative).init(5);
  const old = treeToMap({ params: from.params, aux: from.aux });
  const state = continueState(withTeacher(48, relative), from);
  const now = treeToMap({ params: state.params, aux: state.aux });
  const tables = Object.keys(now).filter((path) => path.endsWith('relative_position_bias_table'));
  expect(tables).toHaveLength(2);
  for (const path of tables) {
    const expected = resizePositionBiases(old[path] as Tensor2D, 8, 12);
    expect(now[path]!.shape, path).toEqual([23 ** 2 + 3, 2]);
    expect([...now[path]!.dataSync()], path).toEqual([...expected.dataSync()]);
  }
  const more = withTeacher(48, { ...relative, heads: 4 });
  expect(() => continueState(more, from)).toThrow(/relative_position_bias_table: needed float32 \[532, 4\], got float32 \[228, 2\]/);
});

test('what does not fit is named', () => {
  const from = withTeacher(32).init(5);
  const before = tf.memory().numTensors;
  expect(() => continueState(withTeacher(32, {}, 4), from, { what: 'checkpoint a' })).toThrow(/checkpoint a is of another network.*params\.head: needed float32 \[4\], got float32 \[3\]/s);
  expect(() => continueState(withTeacher(32, { depth: 2 }), from)).toThrow(/missing: .*blocks\.1/);
  expect(tf.memory().numTensors).toBe(before);
});
