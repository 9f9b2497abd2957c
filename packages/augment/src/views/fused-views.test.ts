import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { recordOperations, useBackend } from '@ssl/backend';
import { compile, randomKey } from '@ssl/core';
import { randomUniform } from '@ssl/core/ops';
import { beforeAll, expect, it } from 'vitest';
import { applyColourJitter, applyGaussianBlur, drawColourJitter, drawGaussianBlur, type ColourJitterParameters, type Planes } from '../index.js';

/** Every order of brightness, contrast, saturation and hue. */
const orders = [0, 1, 2, 3].flatMap((first) =>
  [0, 1, 2, 3].filter((at) => at !== first).flatMap((second) => {
    const [third, fourth] = [0, 1, 2, 3].filter((at) => at !== first && at !== second) as [number, number];
    return [[first, second, third, fourth], [first, second, fourth, third]];
  }),
);
const batch = orders.length;

/** More than a million numbers: the engine fuses from there on. */
function planesOf(side: number): Planes {
  const colours = randomUniform<tf.Rank.R4>([batch, 3, side, side], randomKey(1, 0, 'pixels'));
  const grey = tf.mean(colours, 1, true);
  const share = tf.div(tf.reshape(tf.range(0, batch), [batch, 1, 1, 1]), batch - 1); // from colours to grey pixels without hue
  return tf.add(tf.mul(colours, tf.sub(1, share)), tf.mul(grey, share));
}

const key = (purpose: string): Tensor1D => randomKey(2, 3, purpose);
const greatest = (x: tf.Tensor): number => tf.max(tf.abs(x)).dataSync()[0]!;

beforeAll(() => useBackend({ device: 'cpu', threads: 1 }));

/** Compiled, with how many fused functions it called. */
async function compiled<Args extends Record<string, tf.Tensor>>(fn: (args: Args) => tf.Tensor, args: Args): Promise<{ result: tf.Tensor; fusedCalls: number }> {
  const run = compile(fn, { name: 'fused views' });
  const recorder = recordOperations('fused views');
  const result = await run(args);
  recorder.stop();
  run.dispose();
  return { result, fusedCalls: recorder.runs[0]!.filter(({ kind }) => kind === 'PartitionedCall').length };
}

it('colour jitter in two passes is the jitter step by step, in every order', async () => {
  const planes = planesOf(122);
  const drawn = drawColourJitter(batch, key('jitter'), { probability: 1 });
  const parameters: ColourJitterParameters = { ...drawn, order: tf.tensor2d(orders) };
  const { result, fusedCalls } = await compiled(({ x, ...rest }) => applyColourJitter(x as Planes, rest), { x: planes, ...parameters });
  expect(fusedCalls).toBe(2);
  expect(greatest(tf.sub(result, planes))).toBeGreaterThan(0.5);
  expect(greatest(tf.sub(result, applyColourJitter(planes, parameters)))).toBeLessThan(5e-6);
});

it('a blur in one function is the product with its matrices, and leaves alone the images that it is not applied to', async () => {
  const planes = planesOf(128);
  const parameters = { ...drawGaussianBlur(batch, key('blur')), applied: tf.tensor1d(orders.map((_, at) => at % 2)) };
  const { result, fusedCalls } = await compiled(({ x, ...rest }) => applyGaussianBlur(x as Planes, rest), { x: planes, ...parameters });
  expect(fusedCalls).toBe(1);
  expect(greatest(tf.sub(result, applyGaussianBlur(planes, parameters)))).toBeLessThan(2e-6);
  const [first, plain] = [result, planes].map((x) => tf.slice(x, [0], [1]));
  expect([...first!.dataSync()]).toEqual([...plain!.dataSync()]);
});
