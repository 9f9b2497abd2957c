import '@tensorflow/tfjs'; // the plain JavaScript engine with all gradients
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { valueAndGradients } from '../tensor-tree/value-and-gradients.js';
import { attention, attentionWeights, type AttentionOptions } from './attention.js';

beforeAll(async () => {
  tf.enableProdMode(); // no advertisement in the output
  await tf.setBackend('cpu');
});

const normal = (shape: [number, number, number, number], seed: number, scale = 1): Tensor4D =>
  tf.mul(tf.randomNormal<tf.Rank.R4>(shape, 0, 1, 'float32', seed), scale);

function run(blockSize: number) {
  const inputs = { query: normal([2, 2, 11, 3], 1), key: normal([2, 2, 7, 3], 2, 5), value: normal([2, 2, 7, 3], 3) };
  const weights = normal([2, 2, 11, 3], 4);
  const { aux, gradients } = valueAndGradients(({ query, key, value }: typeof inputs) => {
    const y = attention(query, key, value, { blockSize });
    return { value: tf.sum(tf.mul(y, weights)) as tf.Scalar, aux: { y } };
  }, inputs);
  return { y: aux.y, ...gradients[0] };
}

describe('attention', () => {
  it.each([1, 2, 3, 4, 7, 10])('gives the same in tiles of %i, gradients too', (blockSize) => {
    const whole = run(100);
    const tiled = run(blockSize);
    for (const name of ['y', 'query', 'key', 'value'] as const) {
      const difference = tf.max(tf.abs(tf.sub(whole[name], tiled[name]))).dataSync()[0]!;
      expect(difference, name).toBeLessThan(2e-5);
    }
  });

  it('stays finite where scores are far beyond the range of exp', () => {
    const q = normal([1, 1, 4, 2], 5, 300);
    const y = attention(q, normal([1, 1, 6, 2], 6, 300), normal([1, 1, 6, 2], 7), { blockSize: 2 });
    expect([...y.dataSync()].every(Number.isFinite)).toBe(true);
  });

  it('never holds the whole matrix of scores where the sequence is longer than a tile', () => {
    const [length, blockSize] = [64, 8];
    const inputs = [8, 9, 10].map((seed) => normal([1, 1, length, 2], seed)) as [Tensor4D, Tensor4D, Tensor4D];
    const largest = (block: number): number => {
      let most = 0;
      const engine = tf.engine();
      const original = engine.trackTensor.bind(engine);
      engine.trackTensor = (tensor, backend) => {
        most = Math.max(most, tensor.size);
        original(tensor, backend);
      };
      try {
        valueAndGradients((q, k, v) => ({ value: tf.sum(attention(q, k, v, { blockSize: block })) as tf.Scalar, aux: {} }), ...inputs);
      } finally {
        engine.trackTensor = original;
      }
      return most;
    };
    expect(largest(length)).toBe(length * length);
    expect(largest(blockSize)).toBe(length * 2);
  });

  it('frees everything but its result', () => {
    const inputs = [8, 9, 10].map((seed) => normal([1, 1, 9, 2], seed)) as [Tensor4D, Tensor4D, Tensor4D];
    const before = tf.memory().numTensors;
    const y = attention(...inputs, { blockSize: 4 });
    const weights = attentionWeights(inputs[0], inputs[1]);
    expect(tf.memory().numTensors).toBe(before + 2);
    expect([...tf.sum(weights, -1).dataSync()].every((sum) => Math.abs(sum - 1) < 1e-5)).toBe(true);
    tf.dispose(y);
  });

  it('attends within each packed sequence alone, gradients too', () => {
    const lengths = [4, 4, 1, 6, 2];
    const inputs = { query: normal([2, 2, 17, 3], 1), key: normal([2, 2, 17, 3], 2, 3), value: normal([2, 2, 17, 3], 3) };
    const weights = normal([2, 2, 17, 3], 4);
    const sequence = lengths.flatMap((length, i) => Array.from({ length }, () => i));
    const mask = tf.tensor4d(sequence.flatMap((own) => sequence.map((other) => (own === other ? 0 : -1e9))), [1, 1, 17, 17]);
    const runWith = (options: AttentionOptions) =>
      valueAndGradients(({ query, key, value }: typeof inputs) => {
        const y = attention(query, key, value, options);
        return { value: tf.sum(tf.mul(y, weights)) as tf.Scalar, aux: { y } };
      }, inputs);
    const [packed, masked] = [runWith({ lengths, scale: 0.4 }), runWith({ bias: mask, scale: 0.4 })];
    const differences = [
      [packed.aux.y, masked.aux.y],
      ...(['query', 'key', 'value'] as const).map((name) => [packed.gradients[0][name], masked.gradients[0][name]]),
    ].map(([a, b]) => tf.max(tf.abs(tf.sub(a!, b!))).dataSync()[0]!);
    expect(Math.max(...differences)).toBeLessThan(1e-5);
  });

  it('explains lengths that do not fit', () => {
    const [q, k, v] = [1, 2, 3].map((seed) => normal([1, 1, 6, 2], seed)) as [Tensor4D, Tensor4D, Tensor4D];
    expect(() => attention(q, k, v, { lengths: [2, 3] })).toThrow(/add up.*lengths \[2, 3\] for 6 queries and 6 keys/);
    expect(() => attention(q, k, v, { lengths: [6, 0] })).toThrow(/whole lengths/);
    expect(() => attention(q, k, v, { lengths: [6], bias: tf.zeros([1, 1, 6, 6]) })).toThrow(/together with a bias/);
  });

  it('explains shapes that do not fit', () => {
    expect(() => attention(normal([1, 1, 2, 3], 1), normal([1, 1, 2, 4], 1), normal([1, 1, 2, 4], 1))).toThrow(
      /attention needs query \[B, H, N, D\].*got \[1, 1, 2, 3\]/,
    );
  });
});
