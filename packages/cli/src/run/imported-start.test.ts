import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { useBackend } from '@ssl/backend';
import { disposeTree, toStateDict, type MethodPlugin } from '@ssl/core';
import { simclrPlugin } from '@ssl/contrastive';
import type { Dataset } from '@ssl/data';
import { backboneVariables, createBackbone, saveBackbone, type BackboneDescription, type ImportedBackbone } from '@ssl/weights';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluateRun } from '../evaluation/evaluate-run.js';
import { judgeByLabels } from '../evaluation/judge-by-labels.js';
import { judgedTable } from '../evaluation/judged-table.js';
import { createOutput } from '../progress/output.js';
import { colours } from '../testing/colours.js';
import { memoryStreams } from '../testing/memory-output.js';
import { backboneOfRun } from './backbone-of-run.js';
import { buildRun, type BuiltRun } from './build-run.js';
import { importedStart, type ImportedStart } from './imported-start.js';
import type { RunDescription } from './run-description.js';

const side = 16;
const network: BackboneDescription = { kind: 'small-conv-net', options: { widths: [8, 16], strides: [2, 2] } };
let folder = '';
let file = '';
let imported: ImportedBackbone;
beforeAll(async () => {
  await useBackend({ device: 'cpu' });
  folder = mkdtempSync(join(tmpdir(), 'ssl-imported-start-'));
  file = join(folder, 'public.safetensors');
  const variables = createBackbone(network).init(42);
  imported = { description: network, tensors: await toStateDict(variables), from: 'ssl', root: '', leftOut: [], normalization: 'imagenet', source: '/gone/original.pth', sha256: 'abc' };
  disposeTree(variables);
  await saveBackbone(file, imported);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const plain: RunDescription = {
  format: 'ssl-run/1', method: 'simclr', methodOptions: {}, network: 'small-conv', width: 0.25, stem: 'cifar', imageSize: side, channels: 3, batchSize: 4, accumulate: 1,
  epochs: 1, seed: 0, smallData: true, precision: 'float32', data: 'test', dataName: 'test', datasetSize: 8, stepsPerEpoch: 2, totalSteps: 2,
};
const started = (more: Partial<RunDescription['init'] & object> = {}): RunDescription => ({
  ...plain, init: { file: '/gone/original.pth', read: file, sha256: 'abc', from: 'ssl', root: '', backbone: network, ...more },
});

async function evaluated(description: RunDescription, looked?: string) {
  const run = await buildRun(description, folder);
  const weights = run.method.init(1);
  const dataset = { name: 'colours', size: 24, classes: ['a', 'b'], describe: String } as unknown as Dataset;
  const result = await evaluateRun(run, weights, { images: colours(24, side), dataset, broken: { count: 0, listed: [] } as never, sampled: false }, undefined, looked);
  disposeTree([weights.params, weights.aux]);
  return { rows: result.comparison!.rows.map(({ key, name }) => [key, name]), warnings: result.warnings };
}

describe('a run that did not start at random', () => {
  test('is compared with what it started from, by name, beside the network at random', async () => {
    const { rows, warnings } = await evaluated(started());
    expect(rows.slice(-3)).toEqual([
      ['untrained', 'Same network, untrained'],
      ['start', 'Before training: public.safetensors'],
      ['trained', 'Trained with simclr'],
    ]);
    expect(warnings).toEqual([]);
  });

  test('starts from the numbers of the file', async () => {
    const run = await buildRun(started(), folder);
    const start = (await importedStart(run)) as ImportedStart;
    const kernels = (params: unknown) => [...(params as { backbone: Record<string, { weight?: { dataSync(): Float32Array } }> }).backbone['0']!.weight!.dataSync()];
    const variables = createBackbone(network).init(42);
    expect(kernels(start.weights.params)).toEqual(kernels({ backbone: variables.params }));
    disposeTree(variables);
    start.dispose();
  });

  test.each<[string, () => RunDescription, RegExp]>([
    ['the file is gone', () => started({ read: '/gone/public.safetensors' }), /not compared: .*public\.safetensors is not there any more/],
    ['the file is another one', () => started({ sha256: 'abd' }), /public\.safetensors has changed since/],
  ])('says so where %s', async (_, description, reason) => {
    const { rows, warnings } = await evaluated(description());
    expect(rows.map(([key]) => key)).not.toContain('start');
    expect(warnings.join()).toMatch(reason);
  });

  test('has no such row where the weights are the start themselves, or the start was at random', async () => {
    expect((await evaluated(started(), file)).rows.map(([key]) => key)).not.toContain('start');
    expect((await evaluated(plain)).rows.map(([key]) => key)).not.toContain('start');
  });

  test('is judged by labels beside it too', async () => {
    const run = await buildRun(started(), folder);
    const [weights, random] = [run.method.init(1), run.method.init(0)];
    const start = (await importedStart(run)) as ImportedStart;
    const judged = await judgeByLabels({
      run, weights, start: random, imported: start.weights, images: colours(80, side), protocols: ['knn', 'finetune'], shares: [1], fineTuning: { leastSteps: 4, epochs: 1, batchSize: 16, learningRates: [0.03] },
    });
    for (const row of judged.rows) expect(row.imported?.accuracy).toBeGreaterThan(0.4);
    const table = judgedTable(judged, createOutput({}, memoryStreams(false)));
    expect(table).toMatch(/untrained +gain +before +gain/);
    expect(table).toMatch(/Before: the weights that the run started from/);
    start.dispose();
    disposeTree([weights.params, weights.aux, random.params, random.aux]);
  });
});

describe('the backbone of a run', () => {
  async function taken(description: RunDescription, plugin?: MethodPlugin): Promise<{ backbone: ImportedBackbone; run: BuiltRun }> {
    const run = await buildRun(description, folder, plugin === undefined ? {} : { plugin });
    const checkpointPath = join(folder, 'step-00000001.safetensors');
    writeFileSync(checkpointPath, 'a checkpoint');
    return { run, backbone: await backboneOfRun({ run, checkpoint: { ...run.method.init(0), optimizer: {} }, checkpointPath } as never) };
  }
  const normalised = (mean: number[], deviation: number[]) =>
    ({ ...simclrPlugin, create: (context: never, options: never) => ({ ...simclrPlugin.create(context, options), normalization: { mean, deviation } }) }) as unknown as MethodPlugin;

  test('says how its images were normalised', async () => {
    expect((await taken(plain)).backbone.normalization).toBe('imagenet');
    expect((await taken(plain, normalised([0.5, 0.5, 0.5], [0.5, 0.5, 0.5]))).backbone.normalization).toBe('half');
    expect((await taken(plain, normalised([0.1, 0.2, 0.3], [0.4, 0.5, 0.6]))).backbone.normalization).toEqual({ mean: [0.1, 0.2, 0.3], deviation: [0.4, 0.5, 0.6] });
    expect((await taken({ ...plain, channels: 1 })).backbone.normalization).toEqual({ mean: [0.5], deviation: [0.25] });
  });

  test('leaves out the layers of the head that SimCLR v2 keeps', async () => {
    const { backbone, run } = await taken({ ...plain, methodOptions: { keptLayers: 1 } });
    const network = createBackbone(backbone.description);
    disposeTree(backboneVariables(backbone.tensors, network, 'the run'));
    expect(network.featureDimension).toBe(run.backbone.featureDimension);
    const { backbone: usual } = await taken(plain);
    expect(Object.keys(backbone.tensors)).toEqual(Object.keys(usual.tensors));
  });
});
