import { useBackend } from '@ssl/backend';
import { apply, randomKey, treeToMap, visionTransformer } from '@ssl/core';
import { toyViews } from '@ssl/core/testing';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { dino } from './dino.js';
import { dinoPlugin } from './dino-plugin.js';
import { dinoHead, initLastLayer, lastLayer } from './dino-head.js';

beforeAll(() => useBackend({ device: 'js' }));

describe('dinoHead', () => {
  const widths = { hidden: 64, layers: 3, bottleneck: 32, batchNorm: false };

  it("starts with the code's weights of deviation .02 and biases of 0, or with PyTorch's default", () => {
    const small = treeToMap(dinoHead(48, { ...widths, headDeviation: 0.02 }).init(1).params);
    expect(Object.keys(small).sort()).toEqual(['mlp.0.bias', 'mlp.0.weight', 'mlp.2.bias', 'mlp.2.weight', 'mlp.4.bias', 'mlp.4.weight']);
    const values = [...small['mlp.2.weight']!.dataSync()];
    expect(Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length)).toBeCloseTo(0.02, 3);
    for (const layer of [0, 2, 4]) expect(Math.max(...small[`mlp.${layer}.bias`]!.dataSync())).toBe(0);
    const plain = treeToMap(dinoHead(48, { ...widths, headDeviation: 0 }).init(1).params);
    const wide = [...plain['mlp.2.weight']!.dataSync()];
    expect(Math.max(...wide)).toBeLessThanOrEqual(1 / 8);
    expect(Math.max(...wide)).toBeGreaterThan(0.12);
    expect(Math.max(...plain['mlp.2.bias']!.dataSync())).toBeGreaterThan(0);
  });

  it('gives unit vectors', () => {
    const head = dinoHead(48, { ...widths, headDeviation: 0.02 });
    const vectors = apply(head, head.init(1), tf.randomNormal([5, 48], 0, 1, 'float32', 3) as Tensor2D, { training: true }).output;
    for (const length of tf.norm(vectors, 2, 1).dataSync()) expect(length).toBeCloseTo(1, 5);
  });
});

describe('lastLayer', () => {

  it('is weight norm: lengths times directions, with gradients to both', () => {
    const x = tf.tensor2d([[0.6, 0.8], [1, 0]]);
    const weight = tf.tensor2d([[3, 4], [0, 2], [-1, 1]]);
    const gain = tf.tensor2d([[1], [2], [0.5]]);
    expect(lastLayer(x, { weight }).arraySync().flat()).toEqual(lastLayer(x, { weight, gain: tf.ones([3, 1]) }).arraySync().flat());
    const directions = [[0.6, 0.8], [0, 1], [-Math.SQRT1_2, Math.SQRT1_2]];
    const [logits, toGain] = [lastLayer(x, { weight, gain }).arraySync(), tf.grad((g) => tf.sum(lastLayer(x, { weight, gain: g as Tensor2D })))(gain).arraySync() as number[][]];
    directions.forEach(([a, b], k) => {
      expect(logits[0]![k]).toBeCloseTo([1, 2, 0.5][k]! * (0.6 * a! + 0.8 * b!), 5);
      expect(toGain[k]![0]).toBeCloseTo(0.6 * a! + 0.8 * b! + a!, 5);
    });
    // A direction's gradient has no part along it.
    const toWeight = tf.grad((w) => tf.sum(lastLayer(x, { weight: w as Tensor2D, gain })))(weight).arraySync() as number[][];
    toWeight.forEach((gradient, k) => expect(gradient[0]! * directions[k]![0]! + gradient[1]! * directions[k]![1]!).toBeCloseTo(0, 5));
  });

  it('learns lengths from 1 on where they are not fixed', () => {
    const sizes = { bottleneck: 2, outputs: 3 };
    expect(Object.keys(initLastLayer(0, { ...sizes, normLastLayer: true }))).toEqual(['weight']);
    expect(initLastLayer(0, { ...sizes, normLastLayer: false }).gain!.arraySync()).toEqual([[1], [1], [1]]);
  });
});

describe("a ViT's stochastic depth in DINO", () => {
  const context = { imageSize: 16, channels: 3, batchSize: 8, datasetSize: 80, totalSteps: 10, stepsPerEpoch: 10 };
  const backbone = visionTransformer({ imageSize: 16, patchSize: 4, width: 16, depth: 2, heads: 2 });
  const sizes = { hidden: 16, layers: 2, bottleneck: 8, outputs: 6, localCrops: 0 };
  const outputsOf = (stochasticDepth: number, key: number) => {
    const { method } = dinoPlugin.create({ ...context, backbone }, { ...dinoPlugin.defaults, ...sizes, stochasticDepth });
    const { params, aux } = method.init(0);
    const { views } = toyViews(2)({ images: tf.randomUniform([8, 16, 16, 3], 0, 1, 'float32', 4) as Tensor4D, key: randomKey(0, 0, 'views') } as never);
    return method.forward({ params, aux, views, extras: {}, schedules: {}, training: true, key: randomKey(key, 0, 'x') }).outputs as Record<'student' | 'teacher', Record<string, Tensor2D>>;
  };
  const farthest = (a: Tensor2D, b: Tensor2D): number => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!;

  it('is the student’s alone', () => {
    const [first, second] = [outputsOf(0.5, 1), outputsOf(0.5, 2)];
    expect(farthest(first.student['0']!, second.student['0']!)).toBeGreaterThan(1e-3);
    expect(farthest(first.teacher['0']!, second.teacher['0']!)).toBe(0);
    const [third, fourth] = [outputsOf(0, 1), outputsOf(0, 2)];
    expect(farthest(third.student['0']!, fourth.student['0']!)).toBe(0);
  });

  it('and the learned lengths are parameters of student and teacher', () => {
    const { params, aux } = dino({ backbone, ...sizes, crops: 2, normLastLayer: false }).init(0);
    expect(treeToMap(params)['last_layer.gain']!.shape).toEqual([6, 1]);
    expect(treeToMap(aux.teacher)['last_layer.gain']!.shape).toEqual([6, 1]);
  });
});
