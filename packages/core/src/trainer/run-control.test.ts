import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BatchLoader } from '../batch.js';
import { loadCheckpoint } from '../checkpoint/load-checkpoint.js';
import { adamw } from '../optimizers/adamw.js';
import { sgd } from '../optimizers/sgd.js';
import { toyLoader } from '../testing/toy-loader.js';
import { toyMethod } from '../testing/toy-method.js';
import { toyViews } from '../testing/toy-views.js';
import { HookError } from './hooks.js';
import type { EpochEvent, TrainHook, TrainWarning } from './train-hook.js';
import type { TrainOptions } from './train-options.js';
import { train } from './train.js';

let root = '';
beforeAll(async () => {
  await tf.setBackend('cpu');
  root = await mkdtemp(join(tmpdir(), 'ssl-run-'));
});
afterAll(() => rm(root, { recursive: true }));

const base = (): Omit<TrainOptions, 'steps'> => ({
  method: toyMethod(),
  views: toyViews(),
  loader: toyLoader(),
  optimizer: sgd(),
  learningRate: 0.05,
  monitorEvery: 0,
});
const start = (change: Partial<TrainOptions>) => train({ ...base(), steps: 6, ...change });

describe('interruption', () => {
  test('saves a checkpoint, says so, and the next call goes on', async () => {
    const folder = join(root, 'interrupted');
    const stop = new AbortController();
    const hook: TrainHook = { name: 'stop', onStep: ({ step }) => (step === 3 ? stop.abort() : undefined) };
    const first = await start({ checkpoint: { folder }, signal: stop.signal, hooks: [hook] });
    expect(first).toMatchObject({ status: 'interrupted', step: 3, checkpoint: join(folder, 'step-00000003.safetensors') });
    first.dispose();
    const second = await start({ checkpoint: { folder }, resume: true });
    expect(second).toMatchObject({ status: 'finished', step: 6, images: 24 });
    const whole = await start({});
    const weight = (result: typeof whole) => (result.params.prototypes as { weight: tf.Tensor }).weight.dataSync();
    expect(weight(second)).toEqual(weight(whole));
    second.dispose();
    whole.dispose();
  });

  test('before the first step trains nothing', async () => {
    const result = await start({ signal: AbortSignal.abort() });
    expect(result).toMatchObject({ status: 'interrupted', step: 0, images: 0 });
    result.dispose();
  });

  test('a run that is complete is given back at once', async () => {
    const folder = join(root, 'complete');
    (await start({ checkpoint: { folder } })).dispose();
    const again = await start({ checkpoint: { folder }, resume: true });
    expect(again).toMatchObject({ status: 'finished', step: 6, images: 0 });
    again.dispose();
  });
});

describe('whatever ends a run', () => {
  /** A loader whose batches end in an error, or never come, after so many. */
  const failingLoader = (batches: number, then: () => Promise<never>): BatchLoader => {
    const whole = toyLoader();
    return {
      ...whole,
      async *batches(from) {
        let left = batches;
        for await (const batch of whole.batches(from)) {
          if (left-- === 0) await then();
          yield batch;
        }
      },
    };
  };

  test('what was trained is saved where the images fail', async () => {
    const folder = join(root, 'loader');
    const loader = failingLoader(3, () => Promise.reject(new Error('the disk is gone')));
    await expect(start({ loader, checkpoint: { folder } })).rejects.toThrow('the disk is gone');
    expect(await readdir(folder)).toEqual(['step-00000003.safetensors']);
    const second = await start({ checkpoint: { folder }, resume: true });
    const whole = await start({});
    const weight = (result: typeof whole) => (result.params.prototypes as { weight: tf.Tensor }).weight.dataSync();
    expect(weight(second)).toEqual(weight(whole));
    second.dispose();
    whole.dispose();
  });

  test('nothing is saved where nothing was trained', async () => {
    const folder = join(root, 'nothing');
    const loader = failingLoader(0, () => Promise.reject(new Error('the disk is gone')));
    await expect(start({ loader, checkpoint: { folder } })).rejects.toThrow('the disk is gone');
    await expect(readdir(folder)).rejects.toThrow(/ENOENT/);
  });

  test('a batch that never comes does not keep an interrupted run from being saved', async () => {
    const folder = join(root, 'hung');
    const stop = new AbortController();
    const loader = failingLoader(2, () => {
      stop.abort();
      return new Promise(() => undefined);
    });
    const result = await start({ loader, checkpoint: { folder }, signal: stop.signal });
    expect(result).toMatchObject({ status: 'interrupted', step: 2, checkpoint: join(folder, 'step-00000002.safetensors') });
    result.dispose();
  });

  test('a checkpoint that a killed process left unfinished goes with the next one', async () => {
    const folder = join(root, 'unfinished');
    await mkdir(folder);
    await writeFile(join(folder, '.step-00000001.safetensors.0123abcd.partial'), 'half');
    (await start({ checkpoint: { folder } })).dispose();
    expect(await readdir(folder)).toEqual(['step-00000006.safetensors']);
  });
});

describe('hooks', () => {
  test('a hook that throws ends the run by its name, after a checkpoint', async () => {
    const folder = join(root, 'hook');
    const ended: string[] = [];
    const hooks: TrainHook[] = [
      { name: 'good', onEnd: ({ status }) => void ended.push(status) },
      { name: 'bad one', onStep: ({ step }) => (step === 2 ? Promise.reject(new Error('boom')) : undefined) },
    ];
    const error = await start({ hooks, checkpoint: { folder } }).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HookError);
    expect((error as HookError).message).toMatch(/hook 'bad one' .*onStep: boom/);
    expect(ended).toEqual(['failed']);
    expect(await readdir(folder)).toEqual(['step-00000002.safetensors']);
  });

  test('see each epoch with the weights as they are', async () => {
    const epochs: Omit<EpochEvent, 'state'>[] = [];
    const norms: number[] = [];
    const hook: TrainHook = {
      name: 'epochs',
      onEpoch({ state, ...event }) {
        epochs.push(event);
        norms.push(...(state.params.prototypes as { weight: tf.Tensor }).weight.norm(2, 1).dataSync());
      },
    };
    (await start({ steps: 9, hooks: [hook] })).dispose();
    expect(epochs.map(({ epoch, step }) => [epoch, step])).toEqual([
      [0, 4],
      [1, 8],
    ]);
    for (const norm of norms) expect(norm).toBeCloseTo(1, 5);
  });
});

describe('the monitor', () => {
  const spread = async (change: Partial<TrainOptions>) => {
    const seen: number[] = [];
    const warnings: TrainWarning[] = [];
    const hook: TrainHook = {
      name: 'spread',
      onStep({ embedding }) {
        if (embedding !== undefined) seen.push(embedding.spread / embedding.spreadReference);
      },
      onWarning: (warning) => void warnings.push(warning),
    };
    (await start({ monitorEvery: 2, hooks: [hook], ...change })).dispose();
    return { seen, warnings };
  };

  test('measures the spread of the outputs and is silent about a healthy run', async () => {
    const { seen, warnings } = await spread({});
    expect(seen).toHaveLength(3);
    for (const value of seen) expect(value).toBeGreaterThan(0.3);
    expect(warnings).toEqual([]);
  });

  test('reports constant outputs once, with what to do', async () => {
    const toy = toyMethod();
    const constantOutputs = toyMethod({
      change: {
        forward: (input) => {
          const result = toy.forward(input);
          const same = (z: tf.Tensor2D) => tf.add<tf.Tensor2D>(tf.mul(z, 1e-6), 1);
          return { ...result, outputs: { ...result.outputs, first: same(result.outputs.first), second: same(result.outputs.second) } };
        },
      },
    });
    const { seen, warnings } = await spread({ method: constantOutputs, steps: 8 });
    for (const value of seen) expect(value).toBeLessThan(1e-3);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ kind: 'collapse', step: 4 });
    expect(warnings[0]?.message).toMatch(/hardly differ.*lower the learning rate/s);
  });

  test("compares metrics with the method's signs", async () => {
    const sign = { metric: 'distilled', value: () => Math.log(4), tolerance: 10, diagnosis: 'a diagnosis', remedy: 'a remedy' };
    const { warnings } = await spread({ method: toyMethod({ change: { collapse: [sign] } }) });
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringMatching(/distilled is .* of 1\.386: a diagnosis\. To change: a remedy/)]);
  });
});

describe('what cannot work is refused before the first step', () => {
  const twice = { folder: '' };
  beforeAll(async () => {
    twice.folder = join(root, 'twice');
    (await start({ checkpoint: twice, steps: 1 })).dispose();
  });
  const open = base();

  test.each<[string, () => Promise<unknown>, RegExp]>([
    ['epochs 0', () => train({ ...open, epochs: 0 }), /epochs needs a whole number from 1 on, got 0/],
    ['negative steps', () => start({ steps: -3 }), /steps needs .* got -3/],
    ['more steps than can be looked at', () => train({ ...open, epochs: 1e12 }), /at most 1,000,000,000 steps.*got 4000000000000/],
    ['NaN', () => train({ ...open, epochs: Number.NaN }), /epochs needs .* got NaN/],
    ['no length', () => train(open), /neither epochs nor steps/],
    ['two lengths', () => start({ epochs: 1 }), /both epochs and steps/],
    ['a learning rate of NaN', () => start({ learningRate: Number.NaN }), /learningRate needs a finite number/],
    ['a schedule that breaks', () => start({ learningRate: (step) => 1 / step }), /learningRate needs a finite value.*Infinity in step 0/],
    ['micro-batches that do not divide', () => start({ accumulate: 3 }), /divisor of the batch size 8, got 3/],
    ['clipNorm 0', () => start({ clipNorm: 0 }), /clipNorm/],
    ['three views', () => start({ views: toyViews(3) }), /toy needs 2 views of each image, got 3 \(shapes \[8, 8, 8, 3\]/],
    [
      'an extra that is missing',
      () => start({ method: toyMethod({ change: { batch: { views: 2, extras: ['masks'] } } }) }),
      /toy needs the extra input 'masks', got none/,
    ],
    ['a used folder', () => start({ checkpoint: twice }), /folder without checkpoints.*twice.*resume: true/s],
    ['a checkpoint of another width', () => start({ checkpoint: twice, resume: true, method: toyMethod({ width: 32 }) }), /of another network/],
    ['of another optimizer', () => start({ checkpoint: twice, resume: true, optimizer: adamw() }), /its optimizer is sgd, this run's adamw/],
    ['of another seed', () => start({ checkpoint: twice, resume: true, seed: 5 }), /its seed is 0, this run's 5/],
    ['a file that is not there', () => start({ resume: join(root, 'nothing') }), /nothing/],
  ])('%s', async (_name, run, message) => {
    const before = tf.memory().numTensors;
    await expect(run()).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a loader that breaks its contract', () => {
  const toy = toyLoader();
  async function* two() {
    let count = 0;
    for await (const batch of toy.batches({ epoch: 0, batch: 0 })) {
      yield batch;
      if (++count === 2) return;
    }
  }
  async function* halves() {
    for await (const { shape, pixels, ...batch } of toy.batches({ epoch: 0, batch: 0 })) {
      const [rows, ...image] = shape;
      yield { ...batch, shape: [rows / 2, ...image] as const, pixels: pixels.subarray(0, pixels.length / 2) };
    }
  }

  test.each([
    ['by ending', two, /needs 6 batches, and the loader ended after the one of step 2/],
    ['by smaller batches', halves, /needs batches of 8 images.*got shape \[4, 8, 8, 3\]/],
  ])('%s', async (_how, batches, message) => {
    const before = tf.memory().numTensors;
    await expect(start({ loader: { ...toy, batches } })).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('a checkpoint that cannot be written is a warning; the run goes on', async () => {
  const folder = join(root, 'blocked');
  await mkdir(root, { recursive: true });
  await writeFile(folder, 'a file where the folder should be');
  const result = await start({ checkpoint: { folder, everySteps: 2 }, resume: join(root, 'twice', 'step-00000001.safetensors') });
  expect(result).toMatchObject({ status: 'finished', step: 6 });
  expect(result.warnings.map(({ kind }) => kind)).toContain('checkpoint-failed');
  expect((await loadCheckpoint(result.checkpoint!)).info.step).toBe(1);
  result.dispose();
});
