import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { sgd } from '../optimizers/sgd.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import type { TensorTree } from '../tensor-tree/tensor-tree.js';
import { toyLoader } from '../testing/toy-loader.js';
import { toyMethod } from '../testing/toy-method.js';
import { toyViews } from '../testing/toy-views.js';
import { train } from './train.js';
import type { StepEvent, TrainHook } from './train-hook.js';
import type { TrainOptions } from './train-options.js';

beforeAll(() => tf.setBackend('cpu'));

const base = (): Omit<TrainOptions, 'steps'> => ({
  method: toyMethod(),
  views: toyViews(),
  loader: toyLoader(),
  optimizer: sgd(),
  learningRate: 0.1,
  weightDecay: 1e-4,
  seed: 3,
});

const values = (tree: TensorTree): number[] => flattenTree(tree).tensors.flatMap((tensor) => [...tensor.dataSync()]);

async function weights(options: Partial<TrainOptions>): Promise<number[]> {
  const result = await train({ ...base(), steps: 6, ...options });
  const all = values({ params: result.params, aux: result.aux });
  result.dispose();
  return all;
}

function recorder(): { hook: TrainHook; calls: string[]; steps: StepEvent[] } {
  const calls: string[] = [];
  const steps: StepEvent[] = [];
  const hook: TrainHook = {
    name: 'recorder',
    onStart: () => void calls.push('start'),
    onStep: (event) => {
      calls.push(`step ${event.step}`);
      steps.push(event);
    },
    onEpoch: ({ epoch }) => void calls.push(`epoch ${epoch}`),
    onEnd: ({ status }) => void calls.push(status),
  };
  return { hook, calls, steps };
}

describe('train', () => {
  test('lowers the loss and reports every step', async () => {
    const { hook, calls, steps } = recorder();
    const result = await train({ ...base(), epochs: 6, hooks: [hook] });
    expect(result).toMatchObject({ status: 'finished', step: 24, totalSteps: 24, skippedSteps: 0, images: 192 });
    expect(calls.slice(0, 6)).toEqual(['start', 'step 1', 'step 2', 'step 3', 'step 4', 'epoch 0']);
    expect(calls.at(-1)).toBe('finished');
    const mean = (part: StepEvent[]) => part.reduce((sum, { loss }) => sum + loss, 0) / part.length;
    expect(mean(steps.slice(-4))).toBeLessThan(0.8 * mean(steps.slice(0, 4)));
    expect(steps[0]).toMatchObject({ epoch: 0, totalSteps: 24, learningRate: 0.1, weightDecay: 1e-4, skipped: false });
    expect(steps[0]?.metrics.distilled).toBeGreaterThan(0);
    result.dispose();
  });

  test('the same seed gives the same weights, with or without hooks; another seed others', async () => {
    const one = await weights({});
    expect(await weights({ hooks: [recorder().hook], monitorEvery: 1 })).toEqual(one);
    expect(await weights({ seed: 4 })).not.toEqual(one);
  });

  test('leaves no tensors behind but the result', async () => {
    const before = tf.memory().numTensors;
    const result = await train({ ...base(), steps: 6, monitorEvery: 2 });
    expect(tf.memory().numTensors - before).toBe(flattenTree({ params: result.params, aux: result.aux }).tensors.length + optimizerTensors);
    result.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

// The momentum of five parameters lives until the result is disposed of.
const optimizerTensors = 5;
