import { useBackend } from '@ssl/backend';
import { disposeTree, sgd } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { LabelledFeatures } from '../features/features.js';
import { fewShot } from './few-shot.js';
import { fitLogistic, predictLogistic } from './fit-logistic.js';
import { linearHead, linearProbe } from './linear-probe.js';
import { mlpProbe } from './mlp-probe.js';
import { predictHeads } from './predict-heads.js';
import { splitByGroup } from './split-by-group.js';
import { standardiser } from './standardise.js';
import { trainHeads } from './train-heads.js';

/** Numbers that look random, in -1..1. */
function noise(i: number): number {
  const x = Math.sin(i * 12.9898 + 4.1414) * 43758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

/** Three classes around (2, 0), (0, 2) and (-2, -2), and two columns that say nothing. */
function blobs(count: number, spread: number, from = 0): LabelledFeatures {
  const centres = [[2, 0], [0, 2], [-2, -2]];
  const labels = Int32Array.from({ length: count }, (_, row) => row % 3);
  const values = Float32Array.from({ length: count * 4 }, (_, i) => {
    const centre = centres[Math.floor(i / 4) % 3]!;
    return (centre[i % 4] ?? 0) + spread * noise(from + i);
  });
  return { values, count, dimension: 4, labels, groups: Int32Array.from(labels, (_, row) => Math.floor(row / 6)) };
}

/** Class 1 in the corners (+,+) and (-,-): no line separates it. */
function corners(count: number, from: number): LabelledFeatures {
  const values = Float32Array.from({ length: count * 2 }, (_, i) => noise(from + i));
  return { values, count, dimension: 2, labels: Int32Array.from({ length: count }, (_, row) => (values[2 * row]! * values[2 * row + 1]! > 0 ? 1 : 0)) };
}

describe.each(['js', 'cpu'] as const)('on %s', (device) => {
  beforeAll(() => useBackend({ device }));

  test('a linear probe separates what a line separates, and tells how it chose', async () => {
    const before = tf.memory().numTensors;
    const sets = { train: blobs(120, 1, 0), test: blobs(90, 1, 5000) };
    const result = await linearProbe(sets, { epochs: 10, batchSize: 24, learningRates: [1e-6, 0.1, 0.3] });
    expect(result.accuracy).toBeGreaterThan(0.95);
    expect(result.selection.map(({ learningRate }) => learningRate)).toEqual([1e-6, 0.1, 0.3]);
    expect(result.learningRate).toBeGreaterThan(1e-6);
    expect(result.predictions).toHaveLength(90);
    expect(tf.memory().numTensors).toBe(before);
    const short = { epochs: 1, batchSize: 24, learningRates: [0.01] };
    expect((await linearProbe(sets, short)).predictions).toEqual((await linearProbe(sets, short)).predictions);
  });

  test('an MLP probe sees what a linear one cannot', async () => {
    const sets = { train: corners(240, 0), test: corners(200, 9000) };
    const options = { optimizer: 'adamw', epochs: 25, batchSize: 48, learningRates: [0.02] } as const;
    const line = await linearProbe(sets, options);
    const network = await mlpProbe(sets, { ...options, hidden: [32] });
    expect(line.accuracy).toBeLessThan(0.7);
    expect(network.accuracy).toBeGreaterThan(0.85);
    expect(network.atTheEdge).toBe(false); // one rate: nothing was chosen
  });

  test('heads that train together are those that train alone', async () => {
    const input = { head: linearHead(4, 3), optimizer: sgd({ momentum: 0.9 }), weightDecay: 0.01, epochs: 2, batchSize: 16, classCount: 3, seed: 5 };
    const together = await trainHeads(blobs(50, 1), { ...input, learningRates: [0.01, 0.3] });
    const [alone] = await trainHeads(blobs(50, 1), { ...input, learningRates: [0.3] });
    const weights = (head: unknown) => [...(head as { params: { weight: tf.Tensor } }).params.weight.dataSync()];
    weights(alone).forEach((value, i) => expect(weights(together[1])[i]).toBeCloseTo(value, 5));
    expect(weights(together[0])).not.toEqual(weights(together[1]));
    disposeTree(together);
    disposeTree([alone!]);
  });

  test('SGD on all images at once ends where L-BFGS ends', async () => {
    const train = standardiser(blobs(60, 3))(blobs(60, 3));
    const model = await fitLogistic(train, 3, 0.01);
    const head = linearHead(4, 3);
    const heads = await trainHeads(train, { head, optimizer: sgd({ momentum: 0.9 }), learningRates: [0.3], weightDecay: 0.01, epochs: 300, batchSize: 60, classCount: 3, seed: 0 });
    const weight = (heads[0] as unknown as { params: { weight: tf.Tensor } }).params.weight.dataSync();
    model.weight.forEach((value, i) => expect(weight[i]).toBeCloseTo(value, 2));
    expect([...(await predictHeads(head, heads, train))[0]!]).toEqual([...(await predictLogistic(model, train))]);
    disposeTree(heads);
  });

  test.each(['centroid', 'logistic'] as const)('few-shot by %s: more examples, less error; the seed decides', async (classifier) => {
    const bank = blobs(180, 2.5);
    const options = { classifier, repeats: 6, seed: 1 } as const;
    const [one, eight] = [await fewShot(bank, { ...options, shots: 1 }), await fewShot(bank, { ...options, shots: 8 })];
    expect(eight.accuracy.mean).toBeGreaterThan(one.accuracy.mean);
    expect(eight.accuracy.deviation).toBeLessThan(one.accuracy.deviation);
    expect(one.accuracy.values).toHaveLength(6);
    expect(await fewShot(bank, { ...options, shots: 1 })).toEqual(one);
    expect((await fewShot(bank, { ...options, shots: 1, seed: 2 })).accuracy.values).not.toEqual(one.accuracy.values);
  });
});

describe('splits', () => {
  test('no group on both sides, classes in their proportion, all rows once', () => {
    const features = blobs(300, 1);
    const { train, held, trainRows, heldRows } = splitByGroup({ ...features, groups: Int32Array.from({ length: 300 }, (_, row) => row % 60) }, { share: 0.25, seed: 3 });
    const groups = new Set(train.groups);
    expect([...held.groups!].some((group) => groups.has(group))).toBe(false);
    expect([...trainRows, ...heldRows].sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, row) => row));
    for (const label of [0, 1, 2]) expect(held.labels.filter((other) => other === label)).toHaveLength(25);
    expect(held.values[5]).toBe(features.values[heldRows[1]! * 4 + 1]);
  });

  test('rows in no group are split one by one; the seed decides', () => {
    const features = { ...blobs(90, 1), groups: new Int32Array(90).fill(-1) };
    const split = splitByGroup(features, { share: 0.2 });
    expect(split.held.count).toBe(18);
    expect([...splitByGroup(features, { share: 0.2, seed: 1 }).heldRows]).not.toEqual([...split.heldRows]);
  });

  test('a share that leaves one side empty is explained', () => {
    expect(() => splitByGroup(blobs(6, 1), { share: 0.01 })).toThrow(/6 rows for training and 0 held out/);
    expect(() => splitByGroup(blobs(60, 1), { share: 1 })).toThrow(/share 1/);
  });

  test('where asked for, at least one group of each class that has two is held out', () => {
    const labels = Int32Array.of(0, 0, 1, 1, 1, 2, 3, 3);
    const of = (groups?: number[]) => splitByGroup({ values: new Float32Array(8), count: 8, dimension: 1, labels, ...(groups === undefined ? {} : { groups: Int32Array.from(groups) }) }, { share: 0.1, atLeastOne: true });
    const { train, held } = of();
    expect([[...held.labels], [...train.labels]]).toEqual([[0, 1, 3], [0, 1, 1, 2, 3]]);
    expect([...of([1, 1, 2, 2, 3, 4, 5, 5]).held.labels]).toEqual([1]); // of the other classes all images are one thing
    expect(() => of([1, 1, 2, 2, 2, 4, 5, 5])).toThrow(/8 rows for training and 0 held out/);
  });

  test('a probe of twelve images of six classes chooses its rate on six of them', async () => {
    await useBackend({ device: 'js' });
    const { values, count, dimension } = blobs(12, 1);
    const few = { values, count, dimension, labels: Int32Array.from({ length: 12 }, (_, row) => row % 6) };
    const { selection } = await linearProbe({ train: few, test: few }, { epochs: 2 });
    for (const { validationAccuracy } of selection) expect(6 * validationAccuracy).toBeCloseTo(Math.round(6 * validationAccuracy), 6);
    expect(selection.length).toBeGreaterThan(1);
  });
});

test('standardised columns have mean 0 and deviation 1; constant ones are 0', () => {
  const features = { values: Float32Array.of(1, 7, 3, 7, 5, 7), count: 3, dimension: 2 };
  const { values } = standardiser(features)(features);
  const root = Math.sqrt(1.5);
  [-root, 0, 0, 0, root, 0].forEach((value, i) => expect(values[i]).toBeCloseTo(value, 6));
});

test('what does not fit is explained', async () => {
  const train = blobs(60, 1);
  await expect(linearProbe({ train, test: corners(10, 0) })).rejects.toThrow(/dimensions 4 and 2/);
  await expect(linearProbe({ train, test: train }, { learningRates: [0] })).rejects.toThrow(/rates \[0\]/);
  await expect(linearProbe({ train, test: train }, { epochs: 0 })).rejects.toThrow(/0 epochs/);
  await expect(linearProbe({ train, test: { ...train, labels: train.labels.map(() => 7) } }, { classCount: 3 })).rejects.toThrow(/classes must be 0\.\.2/);
  await expect(fewShot(train, { shots: 50 })).rejects.toThrow(/as many examples of different groups in every class, got \d+ in class 0/);
  await expect(fewShot(train, { shots: 0 })).rejects.toThrow(/shots and repeats of at least 1, got 0/);
});
