import '@tensorflow/tfjs'; // the plain JavaScript engine
import * as tf from '@tensorflow/tfjs-core';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeSafetensors } from '../files/encode-safetensors.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { checkpointPath, latestCheckpoint, pruneCheckpoints, wholeCheckpointBefore } from './checkpoint-folder.js';
import type { Checkpoint, CheckpointInfo } from './checkpoint.js';
import { checkCheckpoint, loadCheckpoint, readCheckpointInfo } from './load-checkpoint.js';
import { restoreTree } from './restore-tree.js';
import { saveCheckpoint } from './save-checkpoint.js';

let folder = '';
beforeAll(async () => {
  await tf.setBackend('cpu');
  folder = await mkdtemp(join(tmpdir(), 'ssl-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

const info: CheckpointInfo = {
  format: 'ssl-checkpoint/1',
  method: 'toy',
  optimizer: 'sgd',
  step: 12,
  totalSteps: 40,
  seed: 3,
  batchSize: 8,
  stepsPerEpoch: 5,
  position: { epoch: 2, batch: 2 },
  loss: 0.25,
  config: { backbone: 'small', note: 'Grüße "quoted"' },
};

const checkpoint = (): Checkpoint => ({
  info,
  params: { layer: { '0': { weight: tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2]) } } },
  aux: { queue: tf.tensor2d([[0.1, -0]]), count: tf.scalar(7, 'int32'), lists: [tf.scalar(1), tf.scalar(2)] },
  optimizer: { momentum: { 'layer.0.weight': tf.tensor4d([0, 0, 0, 1e-30], [1, 1, 2, 2]) } },
});

describe('a checkpoint', () => {
  test('comes back as it was: values, types, shapes, information', async () => {
    const path = join(folder, 'a.safetensors');
    const saved = checkpoint();
    const bytes = await saveCheckpoint(path, saved);
    expect((await readFile(path)).length).toBe(bytes);
    const loaded = await loadCheckpoint(path);
    expect(loaded.info).toEqual(info);
    expect(await readCheckpointInfo(path)).toEqual(info);
    const trees = { params: saved.params, aux: saved.aux, optimizer: saved.optimizer };
    const restored = restoreTree(trees, { params: loaded.params, aux: loaded.aux, optimizer: loaded.optimizer }, 'a');
    const [before, after] = [flattenTree(trees), flattenTree(restored)];
    expect(after.paths).toEqual(before.paths);
    for (const [index, tensor] of before.tensors.entries()) {
      expect(after.tensors[index]).toMatchObject({ dtype: tensor.dtype, shape: tensor.shape });
      expect(after.tensors[index]?.dataSync()).toEqual(tensor.dataSync());
    }
  });

  test('stays whole when the next one cannot be written', async () => {
    const path = join(folder, 'full', 'step.safetensors');
    await saveCheckpoint(path, checkpoint());
    const before = await readFile(path);
    const write = () => Promise.reject(Object.assign(new Error('no space left on device'), { code: 'ENOSPC' }));
    await expect(saveCheckpoint(path, { ...checkpoint(), info: { ...info, step: 13 } }, { write })).rejects.toThrow(/no space/);
    expect((await readFile(path)).equals(before)).toBe(true);
    expect(await readdir(join(folder, 'full'))).toEqual(['step.safetensors']);
  });

  test('of another network names what is missing, extra and misshapen', () => {
    const template = { a: tf.zeros([2]), b: tf.zeros([3, 4]), c: tf.zeros([1]) };
    const loaded = { b: tf.zeros([4, 3]), c: tf.zeros([1], 'int32'), d: tf.zeros([1]) };
    expect(() => restoreTree(template, loaded, 'checkpoint x')).toThrow(
      /checkpoint x is of another network:\n {2}1 missing: a\n {2}1 extra: d\n {2}2 of another shape: b: needed float32 \[3, 4\], got float32 \[4, 3\], c: needed float32 \[1\], got int32 \[1\]\n/,
    );
  });

  test.each([
    ['a file of plain weights', encodeSafetensors({}), /without run information/],
    ['another format', encodeSafetensors({}, { ssl: '{"format":"ssl-checkpoint/9"}' }), /got 'ssl-checkpoint\/9'/],
    ['broken information', encodeSafetensors({}, { ssl: '{' }), /without run information/],
    ['a text file', new TextEncoder().encode('hello, this is no checkpoint'), /safetensors/],
  ])('%s is refused', async (_name, bytes, message) => {
    const path = join(folder, 'bad.safetensors');
    await writeFile(path, bytes);
    await expect(loadCheckpoint(path)).rejects.toThrow(message);
  });

  test('with NaN is refused: each tensor with the count', async () => {
    const path = join(folder, 'nan.safetensors');
    const saved = checkpoint();
    await saveCheckpoint(path, { ...saved, params: { layer: { '0': { weight: tf.tensor1d([1, NaN, Infinity]) } } } });
    await expect(loadCheckpoint(path)).rejects.toThrow(/nan\.safetensors was to hold finite numbers, got 'params\/layer\.0\.weight' \(1 NaN and 1 infinite of 3\)/);
    await expect(checkCheckpoint(path)).rejects.toThrow(/NaN/);
    // A least loss that is not known yet is no fault.
    await saveCheckpoint(path, { ...saved, aux: { least: tf.scalar(Infinity) } });
    expect((await loadCheckpoint(path)).info).toEqual(info);
  });

  test('a missing file is named', async () => {
    await expect(loadCheckpoint(join(folder, 'none.safetensors'))).rejects.toThrow(/none\.safetensors/);
  });
});

describe('a folder of checkpoints', () => {
  test('knows the newest before a damaged one that is whole', async () => {
    const place = join(folder, 'damaged');
    for (const step of [5, 40, 900]) await saveCheckpoint(checkpointPath(place, step), checkpoint());
    const [old, cut, last] = [5, 40, 900].map((step) => checkpointPath(place, step)) as [string, string, string];
    await writeFile(cut, (await readFile(cut)).subarray(0, 300));
    expect(await wholeCheckpointBefore(last)).toEqual({ path: old, step: 5 });
    expect(await wholeCheckpointBefore(old)).toBeUndefined();
    expect(await wholeCheckpointBefore(join(place, 'other.safetensors'))).toBeUndefined();
  });

  test('knows the newest by its number and keeps the newest few', async () => {
    const place = join(folder, 'many');
    expect(await latestCheckpoint(place)).toBeUndefined();
    for (const step of [5, 40, 900, 100_000_000]) await saveCheckpoint(checkpointPath(place, step), checkpoint());
    await writeFile(join(place, 'notes.txt'), 'mine');
    expect(await latestCheckpoint(place)).toBe(join(place, 'step-100000000.safetensors'));
    await pruneCheckpoints(place, 1, 900);
    expect((await readdir(place)).sort()).toEqual(['notes.txt', 'step-00000900.safetensors', 'step-100000000.safetensors']);
  });
});
