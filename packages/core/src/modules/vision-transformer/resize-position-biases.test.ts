import '@tensorflow/tfjs';
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { apply } from '../apply.js';
import { resizePositionBiases } from './resize-position-biases.js';
import { visionTransformer } from './vision-transformer.js';
import { beitOptions } from './vit-presets.js';

interface Case {
  readonly from: number;
  readonly to: number;
  readonly heads: number;
  readonly table: number[];
  readonly resized: number[];
}
const { cases } = JSON.parse(readFileSync(new URL('__fixtures__/position-biases.json', import.meta.url), 'utf8')) as { cases: Case[] };

beforeAll(async () => {
  await tf.setBackend('cpu');
});

it.each(cases.map((wanted) => [wanted.from, wanted.to, wanted] as const))("a table for %i patches a side, resized for %i, is timm's", (from, to, wanted) => {
  const table = tf.tensor2d(wanted.table, [(2 * from - 1) ** 2 + 3, wanted.heads]);
  const resized = resizePositionBiases(table, from, to);
  expect(resized.shape).toEqual([(2 * to - 1) ** 2 + 3, wanted.heads]);
  const expected = tf.tensor2d(wanted.resized, resized.shape);
  expect(tf.max(tf.abs(tf.sub(resized, expected))).dataSync()[0]).toBeLessThan(2e-5);
});

it('stays as it is on the same grid, and passes the gradient on', () => {
  const table = tf.randomNormal([28, 2], 0, 1, 'float32', 1) as Tensor2D; // 3 x 3 patches
  expect(resizePositionBiases(table, 3, 3)).toBe(table);
  const gradient = tf.grad((x) => tf.sum(tf.square(resizePositionBiases(x as Tensor2D, 3, 5))))(table);
  expect(tf.min(tf.sum(tf.abs(gradient), 1)).dataSync()[0]).toBeGreaterThan(0);
});

it('a BEiT takes images of another size, and says what is wrong with others', () => {
  const network = visionTransformer({ ...beitOptions, imageSize: 16, patchSize: 4, width: 16, depth: 1, heads: 2 });
  const variables = network.init(0);
  const run = (height: number, width: number) => apply(network, variables, tf.ones([1, height, width, 3]) as Tensor4D, { training: false }).output;
  expect(run(24, 24).shape).toEqual([1, 16]);
  expect(() => run(16, 24)).toThrow('relative positions are for square images with a class token, got 25 tokens');
});
