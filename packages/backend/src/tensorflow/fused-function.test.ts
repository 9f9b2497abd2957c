import * as tf from '@tensorflow/tfjs-core';
import { compile, type Precision } from '@ssl/core';
import { attention, gelu, layerNorm } from '@ssl/core/ops';
import { beforeAll, expect, test, vi } from 'vitest';
import { useBackend } from '../use-backend.js';
import { recordOperations } from './operation-recorder.js';
import { activeBackend } from './run-op.js';

beforeAll(() => useBackend({ device: 'cpu', threads: 1 }));

const uniform = (shape: number[], seed: number) => tf.randomUniform(shape, -2, 2, 'float32', seed);

/** Functions of so many numbers that their operations are fused. */
const cases: Record<string, { fn: (...inputs: tf.Tensor[]) => tf.Tensor; inputs: () => tf.Tensor[] }> = {
  gelu: { fn: (x) => gelu(x!), inputs: () => [uniform([1024, 1024], 1)] },
  'layer norm': {
    fn: (x, scale, offset) => layerNorm(x!, scale as tf.Tensor1D, offset as tf.Tensor1D),
    inputs: () => [uniform([8192, 128], 2), uniform([128], 3), uniform([128], 4)],
  },
  'layer norm of odd width': {
    fn: (x, scale, offset) => layerNorm(x!, scale as tf.Tensor1D, offset as tf.Tensor1D),
    inputs: () => [uniform([8400, 125], 5), uniform([125], 6), uniform([125], 7)],
  },
  attention: {
    fn: (query, key, value) => attention(query as tf.Tensor4D, key as tf.Tensor4D, value as tf.Tensor4D),
    inputs: () => [8, 9, 10].map((seed) => uniform([1, 16, 256, 8], seed)),
  },
};

// Without AVX-512 the library cuts the digits of a bfloat16 product off instead of rounding: 0.4 % of its norm, otherwise 0.3 %.
const tolerances: Record<Precision, number> = { float32: 5e-6, bfloat16: 1e-2 };

for (const [name, { fn, inputs }] of Object.entries(cases)) {
  test.each<Precision>(['float32', 'bfloat16'])(`${name} and its gradient are those of the plain operations (%s)`, async (precision) => {
    const given = inputs();
    const low = ([first, ...rest]: tf.Tensor[]) => (precision === 'float32' ? [first!, ...rest] : [tf.matMul(first!, tf.eye(first!.shape.at(-1)!)), ...rest]);
    const weights = uniform(fn(...given).shape, 11);
    const step = compile(
      ({ all, weight }: { all: tf.Tensor[]; weight: tf.Tensor }) => ({
        value: fn(...low(all)),
        gradients: tf.grads((...each: tf.Tensor[]) => tf.sum(tf.mul(fn(...low(each)), weight)))(all),
      }),
      { name: `fused: ${name}`, precision },
    );
    const recorder = recordOperations('fused: ');
    const { value, gradients } = await step({ all: given, weight: weights });
    recorder.stop();
    expect(recorder.runs[0]!.filter(({ kind }) => kind === 'PartitionedCall').length).toBeGreaterThanOrEqual(name === 'attention' ? 1 : 2);
    const plain = tf.grads((...each: tf.Tensor[]) => tf.sum(tf.mul(fn(...each), weights)))(given);
    [[value, fn(...given)] as const, ...gradients.map((gradient, index) => [gradient, plain[index]!] as const)].forEach(([actual, expected]) => {
      const scale = tf.sqrt(tf.mean(tf.square(expected)));
      const error = tf.div(tf.sqrt(tf.mean(tf.squaredDifference(actual, expected))), scale).dataSync()[0]!;
      expect(error).toBeLessThan(tolerances[precision] * (precision === 'bfloat16' && !activeBackend().binding.convolvesInBfloat16 ? 1.5 : 1));
    });
    step.dispose();
  });
}

const activations: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  gelu: (x) => gelu(x),
  'layer norm': (x) => layerNorm(x, tf.ones([128]), tf.zeros([128])),
};
for (const [name, activation] of Object.entries(activations)) {
  test.each<Precision>(['float32', 'bfloat16'])(`what ${name} gives a product is made again for the weight's gradient (%s)`, async (precision) => {
    const [x, before, after] = [uniform([8192, 128], 1), uniform([128, 128], 2), uniform([128, 16], 3)] as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const gradients = tf.grads((first, second) => tf.sum(tf.square(tf.matMul(activation(tf.matMul(x, first as tf.Tensor2D)) as tf.Tensor2D, second as tf.Tensor2D))));
    const step = compile(({ weights }: { weights: tf.Tensor2D[] }) => gradients(weights), { name: `again: ${name}`, precision });
    const recorder = recordOperations('again: ');
    const compiled = await step({ weights: [before, after] });
    recorder.stop();
    expect(recorder.runs[0]!.filter(({ kind }) => kind === 'PartitionedCall')).toHaveLength(3); // forward, again, gradient
    gradients([before, after]).forEach((expected, index) => {
      const error = tf.div(tf.norm(tf.sub(compiled[index]!, expected)), tf.norm(expected)).dataSync()[0]!;
      expect(error).toBeLessThan(tolerances[precision] * (precision === 'bfloat16' && !activeBackend().binding.convolvesInBfloat16 ? 1.5 : 1));
    });
    step.dispose();
  });
}

test('the scores of a large attention are made again for its gradient', async () => {
  const all = [8, 9, 10].map((seed) => uniform([1, 16, 256, 8], seed));
  const value = ([query, key, values]: tf.Tensor[]) => attention(query as tf.Tensor4D, key as tf.Tensor4D, values as tf.Tensor4D);
  const step = compile((given: { all: tf.Tensor[] }) => tf.grads((...each) => tf.sum(tf.square(value(each))))(given.all), { name: 'scores again' });
  const recorder = recordOperations('scores again');
  await step({ all });
  recorder.stop();
  const kinds = recorder.runs[0]!.map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind.includes('Softmax'))).toHaveLength(2);
  step.dispose();
});

test('the way back through a network waits for the gradients of its weights', async () => {
  const { runtime } = activeBackend().binding;
  const { api } = runtime;
  let definition = '';
  const free = api.TF_DeleteFunction;
  const spy = vi.spyOn(api, 'TF_DeleteFunction').mockImplementation((fn) => {
    definition = Buffer.from(runtime.readBuffer((buffer, status) => api.TF_FunctionToFunctionDef(fn, buffer, status))).toString('latin1');
    free(fn);
  });
  const step = compile(({ x, w1, w2 }: Record<'x' | 'w1' | 'w2', tf.Tensor2D>) => tf.grads((a, b, c) => tf.sum(tf.matMul(tf.relu(tf.matMul(a!, b!)), c!)))([x, w1, w2]), { name: 'order' });
  const ones = tf.ones([4, 4]) as tf.Tensor2D;
  await step({ x: ones, w1: ones, w2: ones });
  spy.mockRestore();
  expect(definition.match(/\^MatMul_\d+/g)).toHaveLength(1);
  step.dispose();
});
