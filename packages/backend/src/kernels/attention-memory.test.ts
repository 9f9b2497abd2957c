import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { compile, compileEagerly } from '@ssl/core';
import { attention } from '@ssl/core/ops';
import { describe, expect, it } from 'vitest';
import { usesOneDnn } from '../tensorflow/uses-one-dnn.js';
import { useBackend } from '../use-backend.js';

const heads = 2;
const length = 6144;

/** Attention's gradients with respect to queries, keys and values. */
function gradients({ x }: { x: Tensor4D }): { list: readonly tf.Tensor[] } {
  const loss = (q: tf.Tensor, k: tf.Tensor, v: tf.Tensor): tf.Scalar =>
    tf.sum(tf.square(attention(q as Tensor4D, k as Tensor4D, v as Tensor4D, { blockSize: 256 })));
  return { list: tf.grads(loss)([x, tf.mul(x, 0.5), tf.mul(x, 0.25)]) };
}

/** Megabytes of resident memory at its highest so far. */
const peak = (): number => process.resourceUsage().maxRSS / 1024;

describe('attention over a long sequence', () => {
  // Operation by operation, and without oneDNN's pool of tensors, malloc does not use the room of freed tiles again: 200 to 970 MB.
  it.each(usesOneDnn() ? ['eager', 'compiled'] : ['compiled'])('never holds the whole matrix of scores (%s)', async (mode) => {
    await useBackend({ device: 'cpu' });
    const run = (mode === 'eager' ? compileEagerly : compile)(gradients);
    const step = async (size: number): Promise<void> => {
      const x = tf.fill([1, heads, size, 16], 0.1) as Tensor4D;
      const { list } = await run({ x });
      expect(Number.isFinite((await list[0]!.data())[0])).toBe(true);
      tf.dispose([x, ...list]);
    };
    await step(512);
    const before = peak();
    await step(length);
    const scores = (heads * length * length * 4) / 2 ** 20; // 288 MB
    expect(peak() - before).toBeLessThan(scores / 2);
    run.dispose();
  });
});
