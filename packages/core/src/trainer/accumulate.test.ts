import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SslMethod } from '../method/method.js';
import { adamw } from '../optimizers/adamw.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { sgd } from '../optimizers/sgd.js';
import { flattenTree } from '../tensor-tree/flatten-tree.js';
import { toyLoader } from '../testing/toy-loader.js';
import { toyMethod } from '../testing/toy-method.js';
import { toyViews } from '../testing/toy-views.js';
import { train } from './train.js';

beforeAll(() => tf.setBackend('cpu'));

interface Run {
  readonly losses: number[];
  readonly norms: number[];
  readonly values: number[];
}

async function run(method: SslMethod, accumulate: number, { steps = 4, optimizer = adamw() as Optimizer } = {}): Promise<Run> {
  const losses: number[] = [];
  const norms: number[] = [];
  const result = await train({
    method,
    views: toyViews(),
    loader: toyLoader({ batchSize: 8 }),
    optimizer,
    learningRate: 0.01,
    steps,
    accumulate,
    clipNorm: 10,
    monitorEvery: 0,
    hooks: [
      {
        name: 'losses',
        onStep({ loss, gradientNorm }) {
          losses.push(loss);
          norms.push(gradientNorm);
        },
      },
    ],
  });
  const { tensors } = flattenTree({ params: result.params, aux: result.aux });
  const values = tensors.flatMap((tensor) => [...tensor.dataSync()]);
  result.dispose();
  return { losses, norms, values };
}

const largest = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, index) => Math.abs(value - (b[index]!))));

describe.each(['batch', 'none'] as const)("accumulation with coupling '%s'", (coupling) => {
  test.each([2, 4, 8])('%d micro-batches train what one large batch trains', async (count) => {
    const method = toyMethod({ coupling });
    const whole = await run(method, 1);
    const parts = await run(method, count);
    expect(largest(parts.losses, whole.losses)).toBeLessThan(1e-5);
    expect(largest(parts.norms, whole.norms)).toBeLessThan(1e-4);
    expect(largest(parts.values, whole.values)).toBeLessThan(1e-4);
  });

  test('the gradient is that of the large batch', async () => {
    // One step of plain SGD moves the weights by the gradient.
    const method = toyMethod({ coupling, change: { groups: [] } });
    const options = { steps: 1, optimizer: sgd({ momentum: 0 }) };
    expect(largest((await run(method, 4, options)).values, (await run(method, 1, options)).values)).toBeLessThan(1e-7);
  });

  test('batch norm sees micro-batches: close, and known not to be exact', async () => {
    const method = toyMethod({ coupling, batchNorm: true });
    const [whole, parts] = [await run(method, 1, { steps: 1 }), await run(method, 2, { steps: 1 })];
    const difference = largest(parts.losses, whole.losses);
    expect(difference).toBeGreaterThan(1e-4);
    expect(difference).toBeLessThan(0.5 * (whole.losses[0]!));
  });

  test('leaves no tensors behind', async () => {
    const before = tf.memory().numTensors;
    await run(toyMethod({ coupling, batchNorm: true }), 4);
    expect(tf.memory().numTensors).toBe(before);
  });
});

test('contrasting within micro-batches would have been another loss', async () => {
  // What other libraries do: the loss of each micro-batch alone, averaged. The toy method without coupling shows the size of it.
  const micro = toyMethod({ coupling: 'batch', change: { coupling: 'none' } });
  const exact = await run(toyMethod({ coupling: 'batch' }), 4, { steps: 1 });
  const wrong = await run(micro, 4, { steps: 1 });
  expect(Math.abs((exact.losses[0]!) - (wrong.losses[0]!))).toBeGreaterThan(0.3);
});

test('updateAux runs once per optimizer step, with the outputs of the whole batch', async () => {
  const seen: number[] = [];
  const toy = toyMethod({ coupling: 'none' });
  const method: SslMethod = {
    ...toy,
    updateAux: (input) => {
      seen.push((input.outputs.first as tf.Tensor).shape[0] as number);
      return toy.updateAux?.(input as never) as never;
    },
  };
  await run(method, 4, { steps: 3 });
  expect(seen).toEqual([8, 8, 8]);
});
