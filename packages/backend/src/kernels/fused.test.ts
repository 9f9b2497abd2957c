import * as tf from '@tensorflow/tfjs-core';
import { compile } from '@ssl/core';
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
