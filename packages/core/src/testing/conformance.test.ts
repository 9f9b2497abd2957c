import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SslMethod } from '../method/method.js';
import { smallConvNet } from '../modules/small-conv-net.js';
import { stopGradient } from '../ops/stop-gradient.js';
import { checkNames, conformance, type CheckName } from './conformance.js';
import { toyMethod } from './toy-method.js';

beforeAll(() => tf.setBackend('cpu'));

const size = { imageSize: 4, microBatches: 2 } as const;
const toy = (change: Parameters<typeof toyMethod>[0] = {}) => toyMethod({ inputs: 4 * 4 * 3, ...change });

describe.each([
  ["coupling 'batch', batch norm", () => toy({ batchNorm: true })],
  ["coupling 'none'", () => toy({ coupling: 'none' })],
])('the toy method with %s passes', (_name, method) => {
  conformance({ test, method, ...size });
});

/** Runs one check and gives its error. */
async function failure(name: CheckName, method: () => SslMethod): Promise<string> {
  const registered = new Map<string, () => Promise<void>>();
  conformance({ test: (title, run) => registered.set(title, run), method, ...size });
  expect([...registered.keys()]).toEqual([...checkNames]);
  const reason: unknown = await (registered.get(name) as () => Promise<void>)().then(
    () => new Error('passed'),
    (error: unknown) => error,
  );
  return (reason as Error).message;
}

describe('a method with a fault fails the check for it', () => {
  const good = toy();
  test.each<[CheckName, string, () => SslMethod, RegExp]>([
    [
      'loss and metrics are finite',
      'the logarithm of zero',
      () => toy({ change: { objective: (input) => ({ ...good.objective(input), metrics: { bad: tf.log<tf.Scalar>(0) } }) } }),
      /must be finite, got -Infinity/,
    ],
    [
      'every trained parameter has a gradient',
      'a detached view',
      () => {
        const change = {
          objective: (input: Parameters<typeof good.objective>[0]) => good.objective({ ...input, outputs: stopped(input.outputs) }),
        };
        return toy({ change });
      },
      /without influence[\s\S]*network/,
    ],
    [
      'aux keeps its structure',
      'a queue that grows',
      () => toy({ change: { updateAux: ({ aux }) => ({ ...aux, teacher: { ...aux.teacher, more: tf.scalar(1) } }) } }),
      /aux changed/,
    ],
    [
      'the same seed gives the same numbers',
      'a counter in the closure',
      () => {
        let calls = 0;
        return toy({ change: { init: (seed) => good.init(seed + calls++) } });
      },
      /two runs of one seed differ/,
    ],
    [
      'networks do not mix samples',
      'outputs centred on the batch',
      () => toy({ change: { forward: (input) => centred(good.forward(input)) } }),
      /outputs of half a batch and of the whole/,
    ],
    [
      'something is learned on a toy set',
      'the sign of the loss',
      () => toy({ change: { objective: (input) => flip(good.objective(input)) } }),
      /loss falls on a toy set/,
    ],
    [
      'embeddings are rows of finite numbers, image by image',
      'a trained backbone that is not the one that embeds',
      () => {
        const backbone = smallConvNet({ widths: [4], strides: [2] });
        return toy({ change: { trainedBackbone: () => ({ backbone, variables: backbone.init(9) }) } });
      },
      /features of trainedBackbone and of embed/,
    ],
    [
      'micro-batches give the loss and the gradients of the whole batch',
      'a coupling that is not declared',
      () => toy({ change: { coupling: 'none' } }),
      /the loss of 2 micro-batches is/,
    ],
  ])('%s: %s', async (name, _fault, method, message) => {
    expect(await failure(name, method)).toMatch(message);
  });
});

type Outputs = ReturnType<ReturnType<typeof toyMethod>['forward']>['outputs'];
const stopped = (outputs: Outputs): Outputs => ({ ...outputs, first: stopGradient(outputs.first), second: stopGradient(outputs.second) });

function centred(result: ReturnType<ReturnType<typeof toyMethod>['forward']>): typeof result {
  const { first } = result.outputs;
  return { ...result, outputs: { ...result.outputs, first: tf.sub<Tensor2D>(first, tf.mean(first, 0, true)) } };
}

/** A method that reports the loss upside down while it minimises the right one. */
function flip(result: ReturnType<ReturnType<typeof toyMethod>['objective']>): typeof result {
  const falling = tf.sub<tf.Scalar>(result.loss, tf.mul(stopGradient(result.loss), 2));
  return { ...result, loss: falling };
}
