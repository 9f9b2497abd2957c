import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Scalar } from '@tensorflow/tfjs-core';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SslMethod } from '../method/method.js';
import { sgd } from '../optimizers/sgd.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { toyLoader } from '../testing/toy-loader.js';
import { toyMethod } from '../testing/toy-method.js';
import { toyViews } from '../testing/toy-views.js';
import { NotFiniteError } from './guard.js';
import type { StepEvent } from './train-hook.js';
import { train } from './train.js';

beforeAll(() => tf.setBackend('cpu'));
const folders: string[] = [];
afterEach(() => Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true }))));

/** The toy method whose loss becomes `bad` in the steps where `when` is 1. */
function breaking(when: (step: number) => boolean, bad: (loss: Scalar, broken: Scalar) => Scalar): SslMethod {
  const toy = toyMethod();
  return {
    ...toy,
    schedules: { ...toy.schedules, broken: (step) => (when(step) ? 1 : 0) },
    objective: (input) => {
      const result = toy.objective(input as never);
      return { ...result, loss: bad(result.loss, input.schedules.broken!) };
    },
  };
}

// x / 0 is infinite where broken is 1; times the loss it reaches loss and gradient.
const infiniteLoss = (loss: Scalar, broken: Scalar) => tf.div<Scalar>(loss, tf.sub(1, broken));
/** Finite loss, infinite slope: the root of zero where broken is 1. */
const infiniteSlope = (loss: Scalar, broken: Scalar) =>
  tf.add<Scalar>(loss, tf.sqrt(tf.add(tf.sub(1, broken), tf.sub(loss, tf.mul(loss, 1)))));

const base = { views: toyViews(), optimizer: sgd(), learningRate: 0.1, monitorEvery: 0, seed: 1 } as const;

describe('steps that are not finite', () => {
  test('are thrown away and counted; the weights are those before', async () => {
    const events: StepEvent[] = [];
    const weights = async (method: SslMethod, steps: number) => {
      const result = await train({
        ...base,
        method,
        loader: toyLoader(),
        steps,
        hooks: [{ name: 'log', onStep: (event) => void events.push(event) }],
      });
      const values = flattenTree({ ...result.params, ...result.aux }).tensors.flatMap((tensor) => [...tensor.dataSync()]);
      result.dispose();
      return { values, result };
    };
    const good = await weights(breaking(() => false, infiniteLoss), 3);
    events.length = 0;
    const broken = await weights(breaking((step) => step >= 3, infiniteLoss), 5);
    expect(broken.values).toEqual(good.values);
    expect(broken.result).toMatchObject({ step: 5, skippedSteps: 2, status: 'finished' });
    expect(broken.result.loss).toBe(good.result.loss);
    expect(events.map(({ skipped }) => skipped)).toEqual([false, false, false, true, true]);
    expect(broken.result.warnings[0]).toMatchObject({ kind: 'skipped-step', step: 4 });
    expect(broken.result.warnings[0]?.message).toMatch(/the loss \(Infinity\)/);
  });

  test.each([
    ['that is there', { everySteps: 1, keep: 1 }],
    ['that is written now, under the step of the last good weights', {}],
  ])('too many in a row end the run, with the first bad quantity and the last good checkpoint: one %s', async (_, when) => {
    const folder = await mkdtemp(join(tmpdir(), 'ssl-guard-'));
    folders.push(folder);
    const run = train({
      ...base,
      method: breaking((step) => step >= 2, infiniteSlope),
      loader: toyLoader(),
      steps: 20,
      maximumSkips: 3,
      checkpoint: { folder, ...when },
    });
    const error = await run.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(NotFiniteError);
    expect(error).toMatchObject({ step: 5, checkpoint: join(folder, 'step-00000002.safetensors') });
    expect((error as NotFiniteError).quantity).toMatch(/the gradient of network\.\S+ .*in step 3/);
    expect(await readdir(folder)).toEqual(['step-00000002.safetensors']);
    expect(tf.memory().numTensors).toBeLessThan(10);
  });
});
