import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@ssl/backend';
import { defineMethod, type MethodPlugin } from '@ssl/core';
import { BrokenImages, inMemory } from '@ssl/data';
import { collectImages, type ImageSet } from '@ssl/eval';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createOutput } from '../progress/output.js';
import { buildRun, type BuiltRun } from '../run/build-run.js';
import { runFolder } from '../run/run-folder.js';
import { memoryStreams } from '../testing/memory-output.js';
import { bestMarks } from './best-marks.js';
import { ceilingLines } from './ceiling-lines.js';
import { evaluateRun, type RunEvaluation } from './evaluate-run.js';
import { evaluationFile } from './evaluation-file.js';
import { judgeByLabels, type JudgeByLabelsInput, type LabelProtocol } from './judge-by-labels.js';
import { judgedTable } from './judged-table.js';
import { knnVotes } from './knn-votes.js';
import { resultsTable } from './results-table.js';

beforeAll(() => useBackend({ device: 'js' }));

const side = 8;
const nothing = { params: {}, aux: {} };
const frozen: readonly LabelProtocol[] = ['knn', 'linear', 'few-shot'];

/** Features are the mean colour: nothing is trained. */
const meanColour: MethodPlugin = {
  specVersion: 'ssl-plugin/1',
  name: 'mean-colour',
  summary: 'a test',
  defaults: {},
  smallData: {},
  create: () => ({
    method: defineMethod({
      name: 'mean-colour',
      batch: { views: 1 },
      coupling: 'none',
      schedules: {},
      groups: [],
      init: () => ({ params: {}, aux: {} }),
      forward: ({ views }) => ({ outputs: { x: views[0]! } }),
      objective: () => ({ loss: tf.scalar(0), metrics: {}, carry: {} }),
      embed: ({ images }) => tf.mean<tf.Tensor2D>(images, [1, 2]),
    }),
    views: ({ images }) => ({ views: [images] }),
    recipe: { optimizer: 'sgd', learningRate: () => 0, weightDecay: 0 },
  }),
};

function aRun(): Promise<BuiltRun> {
  return buildRun(
    {
      format: 'ssl-run/1', method: 'simclr', methodOptions: {}, network: 'small-conv', width: 0.5, stem: 'cifar', imageSize: side, channels: 3, batchSize: 4, accumulate: 1,
      epochs: 1, seed: 0, smallData: true, precision: 'float32', data: 'test', dataName: 'test', datasetSize: 8, stepsPerEpoch: 2, totalSteps: 2,
    },
    '.',
    { plugin: meanColour },
  );
}

/** One image for each label, its colour that of the class and a little of its own; `flat`: all of one colour. */
function pixelsOf(labels: readonly number[], flat = false): Uint8Array {
  return Uint8Array.from({ length: labels.length * side * side * 3 }, (_, i) => {
    const [image, channel] = [Math.floor(i / (side * side * 3)), i % 3];
    return flat ? 128 : ((labels[image]! + 1) * (channel + 1) * 37 + image * 3 + (Math.floor(i / 3) % 2) * 20) % 256;
  });
}

function imagesOf(labels: readonly number[]): ImageSet {
  const order = Int32Array.from(labels, (_, i) => i);
  return { pixels: pixelsOf(labels), shape: [labels.length, side, side, 3], labels: Int32Array.from(labels), indices: order, aspects: new Float32Array(labels.length).fill(1) };
}

/** `classes` classes of `each` images. */
const classesOf = (classes: number, each: number): number[] => Array.from({ length: classes * each }, (_, i) => i % classes);

async function judged(labels: readonly number[], more: Partial<JudgeByLabelsInput> = {}) {
  const seen: string[] = [];
  const result = await judgeByLabels({
    run: await aRun(), weights: nothing, start: nothing, images: imagesOf(labels), protocols: frozen, shares: [0.01, 0.1, 1],
    onRow: ({ protocol, labels: of }) => seen.push(`${protocol} ${JSON.stringify(of)}`),
    ...more,
  });
  return { ...result, seen };
}

describe('learning from labels', () => {
  test('a share that leaves two images of each of 6 classes is enough for every protocol', async () => {
    const { rows, leftOut } = await judged(classesOf(6, 20), { protocols: ['linear', 'knn'], shares: [0.1] }); // as 1 % of 1,200
    expect(rows.map(({ protocol, images }) => [protocol, images])).toEqual([['linear', 12], ['knn', 12]]);
    expect(leftOut).toEqual([]);
  });

  test('what few images do not allow is left out and said, the rest is judged', async () => {
    const { rows, leftOut, seen, train, test: held } = await judged(classesOf(2, 3));
    expect([train, held]).toEqual([4, 2]);
    expect(seen).toEqual(['knn {"share":0.1}', 'knn {"share":1}', 'linear {"share":1}', 'few-shot {"shots":2}']);
    expect(rows.map(({ images }) => images)).toEqual([2, 4, 4, 4]);
    expect(leftOut.map(({ protocol, labels, reason }) => [protocol, labels, reason.slice(0, 30)])).toEqual([
      [undefined, { share: 0.01 }, 'would be the same 2 images as '],
      ['linear', { share: 0.1 }, '2 images, no two of one class:'],
    ]);
    const table = judgedTable({ rows, leftOut, train, test: held, classes: 2, untested: 0 }, createOutput({}, memoryStreams(false)));
    expect(table).toMatch(/Linear layer +100 % \(4\)/);
    expect(table).toMatch(/Left out: 1 %: would be the same 2 images as 10 %/);
    expect(table).toMatch(/Left out: Linear layer, 10 %: .*Use a larger share \(ssl eval --label-shares\)/);
  });

  test.each<[string, number[], Partial<JudgeByLabelsInput>]>([
    ['two classes of two', [0, 0, 1, 1], {}],
    ['classes of one beside larger ones', [0, 1, 2, 3, 4, 4, 4, 4, 5, 5, 5, 5], {}],
    ['images without a class among them', [-1, 0, 0, 0, -1, 1, 1, 1, -1], {}],
    ['numbers of classes that are not used', [7, 7, 7, 3, 3, 3], {}],
    ['groups', [0, 0, 0, 0, 1, 1, 1, 1], { groups: Int32Array.of(0, 0, 1, 1, 2, 2, 2, 2) }],
  ])('%s: there are rows, and accuracies are numbers', async (_what, labels, more) => {
    const { rows } = await judged(labels, { ...more, protocols: ['knn', 'few-shot'] });
    expect(rows.map(({ protocol }) => protocol)).toEqual(expect.arrayContaining(['knn', 'few-shot']));
    for (const { accuracy, macroAccuracy } of rows) expect([accuracy >= 0 && accuracy <= 1, macroAccuracy >= 0 && macroAccuracy <= 1]).toEqual([true, true]);
  });

  test.each<[string, number[], Partial<JudgeByLabelsInput>, RegExp]>([
    ['one image in each class', [0, 1, 2], {}, /of 3 classes none has two images\. Add images/],
    ['all images of a class in one group', [0, 0, 1, 1], { groups: Int32Array.of(4, 4, 9, 9) }, /none has two images of different groups/],
    ['one class', [0, 0, 0, 0], {}, /two classes or more, got one class/],
    ['no class at all', [-1, -1], {}, /none of the images has one/],
    ['a method without a network to fine-tune', classesOf(2, 5), { protocols: ['finetune'] }, /mean-colour does not/],
  ])('%s is explained', async (_what, labels, more, message) => {
    await expect(judged(labels, more)).rejects.toThrow(message);
  });

  test('what is ready is in evaluation.json before the rest is', async () => {
    const folder = runFolder(mkdtempSync(join(tmpdir(), 'ssl-evaluation-')));
    const read = () => JSON.parse(readFileSync(folder.evaluation, 'utf8')) as { knn: object; judged?: { train: number; rows: { protocol: string }[]; leftOut: object[] } };
    const streams = memoryStreams(false);
    const file = evaluationFile(folder, { knn: { trained: 1 }, checkpoint: join(folder.checkpoints, 'step-00000001.safetensors') }, createOutput({}, streams));
    file.write();
    expect(read()).toMatchObject({ knn: { trained: 1 } });
    const rows: string[][] = [];
    await judged(classesOf(2, 3), {
      protocols: ['knn', 'few-shot'],
      onSplit: file.split,
      onLeftOut: file.leftOut,
      onRow: (row) => {
        file.row(row);
        rows.push(read().judged!.rows.map(({ protocol }) => protocol));
      },
    });
    expect(rows[1]).toEqual(['knn', 'knn']);
    expect(read().judged).toMatchObject({ train: 4, test: 2 });
    expect(read().judged?.leftOut).toHaveLength(1);
    rmSync(folder.path, { recursive: true });
    file.write();
    file.write();
    expect(streams.errors().match(/evaluation\.json could not be written/g)).toHaveLength(1);
  });

  test('weights outside a run write no file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ssl-weights-'));
    mkdirSync(join(folder, 'model'));
    writeFileSync(join(folder, 'model', 'config.json'), '{}');
    const files = runFolder(join(folder, 'model'));
    evaluationFile(files, { checkpoint: join(folder, 'model', 'weights.safetensors') }, createOutput({}, memoryStreams(false))).write();
    expect(() => readFileSync(files.evaluation)).toThrow(/ENOENT/);
  });
});

describe('nearest neighbours', () => {
  async function evaluated(labels: readonly number[], { flat = false, groups }: { flat?: boolean; groups?: number[] } = {}): Promise<RunEvaluation> {
    const count = Math.max(0, ...labels) + 1;
    const dataset = inMemory({
      pixels: pixelsOf(labels, flat), shape: [labels.length, side, side, 3], labels: Int32Array.from(labels), classes: Array.from({ length: count }, (_, i) => `class ${String(i)}`),
      ...(groups === undefined ? {} : { groups: Int32Array.from(groups) }),
    });
    const { pixels, shape, ...rest } = imagesOf(labels);
    const images = await collectImages([{ pixels: flat ? pixelsOf(labels, true) : pixels, shape, ...rest }]);
    return evaluateRun(await aRun(), nothing, { images, dataset, broken: new BrokenImages(labels.length), sampled: false });
  }

  test.each<[string, number[], { flat?: boolean; groups?: number[] }, RegExp]>([
    ['one image in each class', [0, 1, 2, 3], {}, /^Nearest neighbours cannot be judged: of 4 images in 4 classes none has another image of its class\./],
    ['one group in each class', [0, 0, 1, 1], { groups: [1, 1, 2, 2] }, /none has another image of its class outside its own group/],
    ['one class', [0, 0, 0], {}, /^All images are of one class/],
    ['no classes', [-1, -1], {}, /^The images have no classes/],
    ['images that are all the same', [0, 0, 1, 1], { flat: true }, /no features tell these images apart/],
    ['a single image', [0], {}, /^All images are of one class/],
  ])('%s cannot be judged, which is said in place of zeros', async (_what, labels, options, reason) => {
    const { comparison, unjudged } = await evaluated(labels, options);
    expect(comparison).toBeUndefined();
    expect(unjudged).toMatch(reason);
  });

  test('images that can never be right are counted, beside the level of the largest class', async () => {
    const { comparison } = await evaluated([0, 1, 2, 2, 2, 2, 3, 3, 3, 3]);
    expect(comparison!.ceiling).toMatchObject({ count: 10, alone: 2, hopeless: 2, accuracy: 0.8, largestClass: 0.4 });
    for (const { majority } of comparison!.rows) expect(majority.accuracy).toBeLessThanOrEqual(0.8);
    const table = resultsTable(comparison!, createOutput({}, memoryStreams(false)));
    expect(table).toContain('Naming the largest class alone: 40.0 %.');
    expect(table).toContain('At most 80.0 % can be right: of 10 images 2 have no other image of the class.');
  });

  test('of very few images fewer vote, and that is said', async () => {
    expect(knnVotes(Int32Array.of(0, 0, 0, 1, 1, 1), undefined)).toMatchObject({ k: 4, ceiling: { hopeless: 0 } });
    const { comparison } = await evaluated([0, 0, 0, 1, 1, 1]);
    expect(comparison!.protocol).toContain('k = 4');
    expect(comparison!.rows.find(({ key }) => key === 'trained')?.majority.accuracy).toBeGreaterThan(0.5);
    expect(knnVotes(Int32Array.from(classesOf(3, 20)), undefined)).toMatchObject({ k: 5 });
    expect(ceilingLines({ k: 5, ceiling: { k: 5, count: 100, hopeless: 30, alone: 10, accuracy: 0.7, largestClass: 0.5 } })[1]).toBe('At most 70.0 % can be right: of 100 images 30 have too few others of the class for 5 votes (10 of them none).');
  });

  test('equal rows are level, and where all are equal none is best', () => {
    expect(bestMarks([0, 0, 0])).toEqual(['', '', '']);
    expect(bestMarks([0.5, 0.7, 0.70001])).toEqual(['', '< best, level', '< best, level']);
    expect(bestMarks([0.5, 0.7, 0.6])).toEqual(['', '< best', '']);
  });
});
