import { useBackend } from '@ssl/backend';
import { defineMethod, SslError, type MethodPlugin, type Normalization, type PicturesInput, type TensorRecord } from '@ssl/core';
import { takeImages, type ReportPictures } from '@ssl/eval';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { buildRun, type BuiltRun } from '../run/build-run.js';
import type { RunDescription } from '../run/run-description.js';
import { colours } from '../testing/colours.js';
import { embedImages } from './embed-images.js';
import { judgeByLabels } from './judge-by-labels.js';
import { runPictures } from './run-pictures.js';

beforeAll(() => useBackend({ device: 'cpu' }));

const side = 16;

/** A method without a network: features are the mean colour of the normalised image. */
function meanColour(normalization?: Normalization, pictures?: (input: PicturesInput<TensorRecord>) => ReturnType<NonNullable<BuiltRun['method']['pictures']>>): MethodPlugin {
  return {
    specVersion: 'ssl-plugin/1',
    name: 'mean-colour',
    summary: 'a test',
    defaults: {},
    smallData: {},
    create: () => ({
      method: defineMethod({
        name: 'mean-colour',
        batch: { views: 1, extras: ['mask'] },
        coupling: 'none',
        schedules: {},
        groups: [],
        init: () => ({ params: {}, aux: {} }),
        forward: ({ views }) => ({ outputs: { x: views[0]! } }),
        objective: () => ({ loss: tf.scalar(0), metrics: {}, carry: {} }),
        embed: ({ images }) => tf.mean<tf.Tensor2D>(images, [1, 2]),
        ...(pictures === undefined ? {} : { pictures }),
      }),
      views: ({ images }) => ({ views: [images], extras: { mask: tf.ones([images.shape[0], 4]) } }),
      recipe: { optimizer: 'sgd', learningRate: () => 0, weightDecay: 0 },
      ...(normalization === undefined ? {} : { normalization }),
    }),
  };
}

function describeTest(more: Partial<RunDescription> = {}): RunDescription {
  return {
    format: 'ssl-run/1', method: 'simclr', methodOptions: {}, network: 'small-conv', width: 0.5, stem: 'cifar', imageSize: side, channels: 3, batchSize: 4, accumulate: 1,
    epochs: 1, seed: 0, smallData: true, precision: 'float32', data: 'test', dataName: 'test', datasetSize: 8, stepsPerEpoch: 2, totalSteps: 2, ...more,
  };
}

const nothing = { params: {}, aux: {} };

describe('evaluation normalises images as the training did', () => {
  const images = colours(4, side);
  const mean = (image: number, channel: number): number =>
    images.pixels.subarray(image * side * side * 3, (image + 1) * side * side * 3).reduce((sum, value, i) => sum + (i % 3 === channel ? value : 0), 0) / (255 * side * side);

  test.each<[string, Normalization | undefined, Normalization]>([
    ["a plugin's own", { mean: [0.1, 0.2, 0.3], deviation: [0.5] }, { mean: [0.1, 0.2, 0.3], deviation: [0.5, 0.5, 0.5] }],
    ["ImageNet's where it says nothing", undefined, { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] }],
  ])('%s', async (_name, given, expected) => {
    const run = await buildRun(describeTest(), '.', { plugin: meanColour(given) });
    const { values } = await embedImages(run, nothing, images);
    values.forEach((value, i) => {
      const channel = i % 3;
      expect(value).toBeCloseTo((mean(Math.floor(i / 3), channel) - expected.mean[channel]!) / expected.deviation[channel]!, 3);
    });
  });
});

describe('pictures of the report', () => {
  const images = colours(4, side);

  /** Red at the middle of a tile. */
  async function middles(pictures: ReportPictures): Promise<number[]> {
    if ('missing' in pictures) throw new Error(pictures.missing);
    const { sheet } = pictures;
    const { data, info } = await sharp(Buffer.from(sheet.png.split(',')[1]!, 'base64')).raw().toBuffer({ resolveWithObject: true });
    const cell = side + 2 * sheet.margin;
    return Array.from({ length: sheet.count }, (_, tile) => {
      const [x, y] = [(tile % sheet.columns) * cell + cell / 2, Math.floor(tile / sheet.columns) * cell + cell / 2];
      return data[(y * info.width + x) * info.channels]!;
    });
  }

  test("a method's own pictures are drawn from what training draws, image by image", async () => {
    const seen: number[][] = [];
    const plugin = meanColour(undefined, ({ images: plain, extras }) => {
      seen.push(extras.mask!.shape);
      return [{ title: 'Negatives', columns: [{ name: 'Image', images: plain }, { name: 'Negative', images: tf.sub<tf.Tensor4D>(1, plain) }] }];
    });
    const run = await buildRun(describeTest(), '.', { plugin });
    const before = tf.memory().numTensors;
    const [own, attention] = await runPictures(run, nothing, { images: takeImages(images, [2, 1]), names: ['two', 'one'], note: 'Of the test part.' });
    expect(tf.memory().numTensors).toBe(before);
    expect(seen).toEqual([[2, 4]]);
    expect(own).toMatchObject({ title: 'Negatives', caption: 'Of the test part.', columns: ['Image', 'Negative'], names: ['two', 'one'] });
    const red = (row: number): number => images.pixels[(row * side * side + (side / 2) * side + side / 2) * 3]!;
    expect(await middles(own!)).toEqual([red(2), 255 - red(2), red(1), 255 - red(1)]);
    expect(attention).toMatchObject({ title: 'Attention', missing: expect.stringMatching(/mean-colour does not/) as string });
  });

  test('a ViT shows its attention, another network says why not', async () => {
    const grids = async (network: string) => {
      const run = await buildRun(describeTest({ network, width: 0.1 }), '.');
      const state = run.method.init(0);
      const made = await runPictures(run, state, { images: takeImages(images, [0, 1, 2]), names: ['a', 'b', 'c'], note: '' });
      tf.dispose([state.params, state.aux] as unknown as tf.TensorContainer);
      return made;
    };
    const [attention] = await grids('vit-tiny');
    expect(attention).toMatchObject({ title: 'Attention', columns: ['Image', 'Head 1', 'Top 60 %'] });
    expect((await middles(attention!))[0]).toBe(images.pixels[((side / 2) * side + side / 2) * 3]);
    expect(await grids('small-conv')).toEqual([{ title: 'Attention', missing: expect.stringMatching(/Vision Transformer with a class token, got 'small-conv-net'.*--network vit-tiny/) as string }]);
  });

  test('a fault of the method is a reason, a bug is not hidden', async () => {
    const failing = (error: Error) => buildRun(describeTest(), '.', { plugin: meanColour(undefined, () => { throw error; }) });
    const [own] = await runPictures(await failing(new SslError('needs colours.', { from: 'test' })), nothing, { images: takeImages(images, [0]), names: ['a'], note: '' });
    expect(own).toEqual({ title: 'Pictures', missing: expect.stringMatching(/^No pictures here: .*needs colours/) as string });
    await expect(runPictures(await failing(new TypeError('a bug')), nothing, { images: takeImages(images, [0]), names: ['a'], note: '' })).rejects.toThrow('a bug');
  });
});

describe('protocols that learn from labels', () => {
  test('each of them, with a part of the labels and all, beside the untrained network and from scratch', async () => {
    const run = await buildRun(describeTest(), '.');
    const [weights, start] = [run.method.init(1), run.method.init(0)];
    const { rows, train, test: held, classes } = await judgeByLabels({
      run, weights, start, images: colours(80, side), groups: Int32Array.from({ length: 80 }, (_, i) => Math.floor(i / 4)),
      protocols: ['knn', 'linear', 'mlp', 'few-shot', 'finetune'], shares: [0.25, 1], fineTuning: { leastSteps: 40, epochs: 1, batchSize: 16, learningRates: [0.03] }, mixing: { mixup: 0.2 },
    });
    expect([train, held, classes]).toEqual([64, 16, 2]);
    expect(rows.map(({ protocol, labels }) => [protocol, 'share' in labels ? labels.share : labels.shots])).toEqual([
      ['knn', 0.25], ['knn', 1], ['linear', 0.25], ['linear', 1], ['mlp', 0.25], ['mlp', 1], ['few-shot', 5], ['finetune', 0.25], ['finetune', 1],
    ]);
    for (const { accuracy } of rows.filter(({ labels }) => 'share' in labels && labels.share === 1)) expect(accuracy).toBe(1);
    for (const { untrained } of rows) expect(untrained.accuracy).toBeGreaterThanOrEqual(0.5);
  });

  test('a method without a backbone of its own, and images without classes, are explained', async () => {
    const run = await buildRun(describeTest(), '.', { plugin: meanColour() });
    const input = { run, weights: nothing, start: nothing, images: colours(40, side), protocols: ['finetune'] as const, shares: [1] };
    await expect(judgeByLabels(input)).rejects.toThrow(/mean-colour does not/);
    const { pixels, shape, indices, aspects } = input.images;
    await expect(judgeByLabels({ ...input, images: { pixels, shape, indices, aspects } })).rejects.toThrow(/none of the images has one/);
  });
});
