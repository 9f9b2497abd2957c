import * as tf from '@tensorflow/tfjs-core';
import { adamw, compile, resolveGroups, sgd, type OptimizerInput } from '@ssl/core';
import { fused, fuses } from '@ssl/core/ops';
import { beforeAll, expect, test } from 'vitest';
import { recordOperations } from '../tensorflow/index.js';
import { useBackend } from '../use-backend.js';

beforeAll(() => useBackend({ device: 'cpu', threads: 1 }));

const halve = ([x]: readonly tf.Tensor[]): tf.Tensor => tf.mul(tf.add(x!, x!), 0.25);
const half = (x: tf.Tensor, leastSize: number): tf.Tensor => fused([x], halve, { name: 'halve', leastSize });

test.each([['one operation from the least size on', 1000, true], ['as it is written below', 1001, false]])('compiled: %s', async (_, leastSize, isFused) => {
  const x = tf.range(0, 1000);
  const asked: boolean[] = [];
  const run = compile(
    (input: tf.Tensor) => {
      asked.push(fuses([input], leastSize));
      return half(input, leastSize);
    },
    { name: 'halves' },
  );
  const recorder = recordOperations('halves');
  const result = await run(x);
  recorder.stop();
  const calls = recorder.runs[0]!.filter(({ kind }) => kind === 'PartitionedCall').length;
  expect({ calls, asked: new Set(asked) }).toEqual({ calls: isFused ? 1 : 0, asked: new Set([isFused]) });
  expect(fuses([x], 1)).toBe(false);
  expect([...result.dataSync()]).toEqual([...tf.div(x, 2).dataSync()]);
  run.dispose();
});

test('has a gradient, compiled or not', async () => {
  const gradient = tf.grad((x) => tf.sum(tf.square(half(x, 1))));
  const compiled = compile((x: tf.Tensor) => gradient(x), { name: 'gradient of halves' });
  const x = tf.tensor1d([2, 6]);
  expect([...gradient(x).dataSync()]).toEqual([1, 3]);
  expect([...(await compiled(x)).dataSync()]).toEqual([1, 3]);
  compiled.dispose();
});

// Above a million numbers, as parameters of ResNets and large transformers are; the other one is small.
test.each([sgd({ dampening: 0.1, nesterov: false }), sgd({ momentum: 0 }), adamw()])('$name updates a large parameter in one operation, as it does eagerly', async (optimizer) => {
  const values = (seed: number) => ({ large: tf.randomNormal([1024, 1025], 0, 1, 'float32', seed), small: tf.randomNormal([33], 0, 1, 'float32', seed + 1) });
  const params = values(1);
  const groups = resolveGroups(params, [{ match: (path) => path === 'small', weightDecay: 0 }]);
  const rates = { learningRate: tf.scalar(0.1), peakLearningRate: tf.scalar(0.1), weightDecay: tf.scalar(0.05) };
  const compiled = compile((input: Omit<OptimizerInput, 'groups'>) => optimizer.update({ ...input, groups }), { name: 'update' });
  const recorder = recordOperations('update');
  let inputs = { params: params as OptimizerInput['params'], state: optimizer.init(params) };
  for (const step of [0, 1]) {
    const given = { ...inputs, ...rates, grads: values(10 + step), step: tf.scalar(step) };
    const result = await compiled(given);
    const expected = optimizer.update({ ...given, groups });
    for (const path of ['large', 'small']) {
      expect(tf.max(tf.abs(tf.sub(result.params[path]!, expected.params[path]!))).dataSync()[0]).toBeLessThan(2e-6);
    }
    inputs = result;
  }
  recorder.stop();
  expect(recorder.runs.map((run) => run.filter(({ kind }) => kind === 'PartitionedCall').length)).toEqual([1, 1]);
  compiled.dispose();
});
