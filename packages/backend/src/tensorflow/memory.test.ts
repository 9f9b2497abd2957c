import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Engine } from '@ssl/core';
import { beforeAll, expect, test } from 'vitest';
import { ensureLibtensorflow } from '../library/ensure-libtensorflow.js';
import { createTensorflowEngine } from './engine.js';
import { createTensorflowBackend, type TensorflowBackend } from './register.js';

let tensorflow: TensorflowBackend;
let engine: Engine;

beforeAll(async () => {
  tensorflow = await createTensorflowBackend({ folder: await ensureLibtensorflow(), threads: 2 });
  await tf.setBackend('tensorflow');
  engine = createTensorflowEngine(tensorflow);
});

/** Resident memory without the file pages of the library itself, in MB. */
function residentMegabytes(): number {
  const status = readFileSync('/proc/self/status', 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

interface State {
  readonly [name: string]: tf.Tensor;
  readonly w: tf.Tensor;
  readonly b: tf.Tensor;
}

// 256 KB of activations each: 2,000 steps that leaked one of them would take 500 MB.
const batch = 512;
const step = ({ state, x }: { state: State; x: tf.Tensor }) => {
  const loss = (w: tf.Tensor, b: tf.Tensor) => tf.mean(tf.square(tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), b))));
  const { value, grads } = tf.valueAndGrads((w, b) => loss(w as tf.Tensor, b as tf.Tensor) as tf.Tensor)([state.w, state.b]);
  return {
    state: { w: tf.sub(state.w, tf.mul(grads[0]!, 0.01)), b: tf.sub(state.b, tf.mul(grads[1]!, 0.01)) },
    loss: value as tf.Tensor,
  };
};
type Step = (args: { state: State; x: tf.Tensor }) => Promise<ReturnType<typeof step>>;

async function expectFlat(run: Step): Promise<void> {
  const x = tf.randomNormal([batch, 16], 0, 1, 'float32', 1);
  let state: State = { w: tf.randomNormal([16, 128], 0, 0.1, 'float32', 2), b: tf.zeros([128]) };
  const steps = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const result = await run({ state, x });
      tf.dispose(state as unknown as tf.TensorContainer);
      state = result.state;
      result.loss.dataSync();
      result.loss.dispose();
    }
  };
  await steps(500);
  const before = { tensors: tf.memory().numTensors, handles: tensorflow.binding.getNumOfTensors(), megabytes: residentMegabytes() };
  await steps(2000);
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(tensorflow.binding.getNumOfTensors()).toBe(before.handles);
  expect(residentMegabytes() - before.megabytes).toBeLessThan(60);
}

test('2,000 compiled training steps leave no tensor, handle or memory behind', () => expectFlat(engine.compile(step) as unknown as Step));

test('2,000 eager training steps leave no tensor, handle or memory behind', () => expectFlat((args) => Promise.resolve(tf.tidy(() => step(args)))));

test('2,000 eager training steps in bfloat16 leave none either', () => expectFlat((args) => Promise.resolve(engine.withPrecision('bfloat16', () => tf.tidy(() => step(args))))));

test('functions that are disposed of, and traces that fail, give their memory back', async () => {
  const x = tf.ones([4]);
  const constant = Float32Array.from({ length: 50_000 }, (_, index) => index);
  const cycle = async () => {
    const f = engine.compile((a: tf.Tensor) => tf.add(tf.sum(tf.tensor1d(constant)), a));
    tf.dispose(await f(x));
    f.dispose();
    const broken = engine.compile((a: tf.Tensor) => { tf.mul(a, 2); throw new Error('broken'); });
    await expect(broken(x)).rejects.toThrow('broken');
  };
  for (let index = 0; index < 100; index++) await cycle();
  const before = { tensors: tf.memory().numTensors, handles: tensorflow.binding.getNumOfTensors(), megabytes: residentMegabytes() };
  for (let index = 0; index < 500; index++) await cycle();
  expect(tf.memory().numTensors).toBe(before.tensors);
  expect(tensorflow.binding.getNumOfTensors()).toBe(before.handles);
  expect(residentMegabytes() - before.megabytes).toBeLessThan(60); // 100 MB of constants passed through
});

test('strings give their memory back', () => {
  const long = 'x'.repeat(10_000);
  const cycle = () => { tf.dispose(tf.tidy(() => tf.concat([tf.tensor1d([long, long]), tf.tensor1d([long])]))); };
  for (let index = 0; index < 1000; index++) cycle();
  const before = residentMegabytes();
  for (let index = 0; index < 5000; index++) cycle();
  expect(residentMegabytes() - before).toBeLessThan(60); // 150 MB of text passed through
});
