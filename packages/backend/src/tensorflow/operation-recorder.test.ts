import * as tf from '@tensorflow/tfjs-core';
import { compile, isSslError } from '@ssl/core';
import { beforeAll, expect, test } from 'vitest';
import { useBackend } from '../use-backend.js';
import { recordOperations } from './operation-recorder.js';

beforeAll(() => useBackend({ device: 'cpu', threads: 1 }));

const numbers = (tensor: tf.Tensor) => Array.from(tensor.dataSync());
const makeStep = () => compile(({ x, w }: { x: tf.Tensor2D; w: tf.Tensor2D }) => ({ y: tf.relu(tf.matMul(x, w)), kept: x }), { name: 'recorder: step' });
const makeInput = () => ({ x: tf.tensor2d([[1, -2, 3], [-4, 5, 6]]), w: tf.tensor2d([[1, 0, 2, 0], [0, 1, 0, 2], [1, 1, -5, 1]]) });

test('says what ran, on what and how long, and leaves results and compilation as they are', async () => {
  const [step, input] = [makeStep(), makeInput()];
  const plain = await step(input);
  const recorder = recordOperations('step');
  const recorded = await step(input);
  const again = await step(input);
  recorder.stop();
  const after = await step(input);
  for (const { y, kept } of [recorded, again, after]) {
    expect(numbers(y)).toEqual(numbers(plain.y));
    expect(numbers(kept)).toEqual(numbers(input.x));
  }
  expect(step.traces).toBe(1);
  expect(recorder.runs).toHaveLength(2);
  for (const operations of recorder.runs) {
    const products = operations.filter(({ kind }) => kind.includes('MatMul'));
    expect(products).toHaveLength(1);
    expect(products[0]!.inputs.slice(0, 2)).toEqual([{ type: 'float32', shape: [2, 3] }, { type: 'float32', shape: [3, 4] }]);
    expect(products[0]!.outputs[0]).toEqual({ type: 'float32', shape: [2, 4] });
    for (const { seconds } of operations) expect(seconds).toBeGreaterThanOrEqual(0);
    expect(operations.reduce((sum, { seconds }) => sum + seconds, 0)).toBeGreaterThan(0);
  }
  step.dispose();
});

test('shows the types that the precision asks for', async () => {
  const { x, w } = makeInput();
  const product = compile((args: { x: tf.Tensor2D; w: tf.Tensor2D }) => tf.matMul(args.x, args.w), { name: 'recorder: low', precision: 'bfloat16' });
  const recorder = recordOperations('recorder: low');
  await product({ x, w });
  recorder.stop();
  const [operation] = recorder.runs[0]!.filter(({ kind }) => kind.includes('MatMul'));
  expect(operation!.inputs[0]).toEqual({ type: 'bfloat16', shape: [2, 3] });
  product.dispose();
});

test('leaves functions of other names alone, and frees what it made', async () => {
  const [step, input] = [makeStep(), makeInput()];
  const before = tf.memory().numTensors;
  const recorder = recordOperations('something else');
  tf.dispose(await step(input));
  recorder.stop();
  expect(recorder.runs).toEqual([]);
  const second = recordOperations('recorder');
  tf.dispose(await step(input));
  second.stop();
  expect(second.runs).toHaveLength(1);
  expect(tf.memory().numTensors).toBe(before);
  step.dispose();
});

test('one recording at a time', () => {
  const recorder = recordOperations('a');
  try {
    recordOperations('b');
    expect.unreachable();
  } catch (error) {
    expect(isSslError(error)).toBe(true);
    expect((error as Error).message).toContain('another recording');
  } finally {
    recorder.stop();
  }
});
