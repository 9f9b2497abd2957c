import { imageMasks, withMasks } from '@ssl/augment';
import { useBackend } from '@ssl/backend';
import { constant, randomKey, smallConvNet, visionTransformer } from '@ssl/core';
import { conformance, toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { dinoV2, ibot } from './ibot.js';

beforeAll(async () => {
  await useBackend({ device: 'cpu' });
});

const backbone = (maskToken = true) => visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2, maskToken });
const small = { hidden: 16, layers: 2, bottleneck: 8, outputs: 6, patchOutputs: 5, crops: 3, momentum: constant(0.9), teacherTemperature: () => 0.06 };
const views = withMasks(toyViews(3), imageMasks({ grid: [4, 4] }));

describe('ibot conforms', () => {
  // The class loss starts near 0 and rises: the class tokens of an untrained ViT are all alike, and a teacher that is not centred yet
  // names one output for all. Patches differ from the start.
  const progress = { metric: 'patchLoss', direction: 'falls' } as const;
  conformance({ test, views, progress, method: () => ibot({ backbone: backbone(), ...small, maskedPatches: 8 }) });
});

describe('dinov2 conforms', () => {
  conformance({ test, views, method: () => dinoV2({ backbone: backbone(), ...small, maskedPatches: 8 }) });
});

describe('what the student sees', () => {
  const images = (seed: number): Tensor4D => tf.randomUniform([2, 16, 16, 3], 0, 1, 'float32', seed);
  const outputsOf = (views: Tensor4D[], masks: Tensor3D, options = {}) => {
    const method = ibot({ backbone: backbone(), ...small, ...options });
    const { params, aux } = method.init(0);
    return method.forward({ params, aux, views, extras: { masks }, schedules: {}, training: true, key: randomKey(0, 0, 'x') }).outputs;
  };
  const farthest = (a: Tensor, b: Tensor): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;
  const all = (): Tensor3D => tf.ones([2, 2, 16]);

  test('nothing of a global crop whose patches are all hidden; the teacher sees all of it', () => {
    const [a, b, local] = [images(1), images(2), images(3)];
    const [first, second] = [outputsOf([a, b, local], all()), outputsOf([b, a, local], all())];
    expect(farthest(first.student['0']!, second.student['0']!)).toBeLessThan(1e-6);
    expect(farthest(first.studentPatches, second.studentPatches)).toBeLessThan(1e-6);
    expect(farthest(first.teacher['0']!, second.teacher['1']!)).toBeLessThan(1e-6);
    expect(farthest(first.teacher['0']!, first.teacher['1']!)).toBeGreaterThan(1e-3);
  });

  test('with fewer positions than patches, the hidden ones are those that count', () => {
    const masks = tf.tensor3d([[[0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1], Array<number>(16).fill(0)], [Array<number>(16).fill(0), [1, ...Array<number>(15).fill(0)]]]);
    const crops = [images(1), images(2), images(3)];
    const [some, every] = [outputsOf(crops, masks, { maskedPatches: 4 }), outputsOf(crops, masks)];
    expect(some.hidden.arraySync()).toEqual([[[1, 1, 1, 0], [0, 0, 0, 0]], [[0, 0, 0, 0], [1, 0, 0, 0]]]);
    const chosen = tf.gather(tf.reshape(tf.slice(every.studentPatches, [0, 0, 0, 0], [1, 1, 16, 8]), [16, 8]), tf.tensor1d([1, 6, 15], 'int32'));
    expect(farthest(tf.reshape(tf.slice(some.studentPatches, [0, 0, 0, 0], [1, 1, 3, 8]), [3, 8]), chosen)).toBeLessThan(1e-5);
  });

  test('separate heads are separate parameters, a shared one is one', () => {
    expect(Object.keys(ibot({ backbone: backbone(), ...small }).init(0).params)).toEqual(['backbone', 'head', 'last_layer']);
    expect(Object.keys(dinoV2({ backbone: backbone(), ...small }).init(0).params)).toEqual(['backbone', 'head', 'last_layer', 'patch_head', 'patch_last_layer']);
  });

  test('it says what it needs', () => {
    expect(() => ibot({ backbone: backbone(false), ...small })).toThrow('maskToken: true');
    expect(() => dinoV2({ backbone: smallConvNet(), ...small })).toThrow("dinov2 works on patches and needs a Vision Transformer, got 'small-conv-net'");
  });
});
