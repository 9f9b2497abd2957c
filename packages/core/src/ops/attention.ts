import * as tf from '@tensorflow/tfjs-core';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { blockwiseAttention } from './blockwise-attention.js';
import { hasKernel, runKernel } from './run-kernel.js';

export interface AttentionOptions {
  /** Factor on the products of queries and keys; 1 / sqrt(D) where it is left out. */
  readonly scale?: number;
  /** Added to the scaled products before the softmax, broadcast to `[B, H, N, M]` (relative positions, masks). */
  readonly bias?: Tensor4D;
  /** Queries and keys of one tile. Sequences longer than that never have their whole N x M matrix in memory. */
  readonly blockSize?: number;
  /**
   * Lengths of the sequences that lie one after the other in N = M, each of which attends to itself alone: the result of a
   * block-diagonal mask, without the products that it would throw away. Not together with `bias`.
   */
  readonly lengths?: readonly number[];
}

export const attentionDefaults = { blockSize: 1024 } as const satisfies AttentionOptions;

/**
 * Scaled dot-product attention (Vaswani et al. 2017, equation 1).
 *
 *     softmax(scale * query keyᵀ + bias) value
 *
 * Without bias, sequences longer than `blockSize` are computed tile by tile with an online softmax and a gradient that
 * computes the tiles again (Dao et al. 2022, algorithms 1 and 4), so that memory grows with N, not with N².
 *
 * @param query - `[B, H, N, D]`.
 * @param key - `[B, H, M, D]`.
 * @param value - `[B, H, M, D]`.
 * @returns `[B, H, N, D]`.
 * @throws SslError where the shapes do not fit together.
 * @example
 * // Two crops of 16 tokens and one of 4, in one sequence:
 * attention(query, key, value, { lengths: [16, 16, 4] });
 */
export function attention(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  { bias, lengths, ...options }: AttentionOptions = {},
): Tensor4D {
  checkShapes(query, key, value);
  if (lengths !== undefined) return packedAttention(query, key, value, lengths, bias, options);
  const { blockSize } = { ...attentionDefaults, ...options };
  const scale = options.scale ?? 1 / Math.sqrt(query.shape[3]);
  if (bias === undefined && hasKernel('SslAttention')) {
    return runKernel<Tensor4D>('SslAttention', { query, key, value }, { scale, blockSize });
  }
  const length = Math.max(query.shape[2], key.shape[2]);
  if (bias === undefined && length > blockSize) return blockwiseAttention(query, key, value, scale, blockSize);
  return tf.tidy(() => tf.matMul(attentionWeights(query, key, { scale, ...(bias ? { bias } : {}) }), value));
}

/** A run of neighbouring sequences of one length is a batch of its own; runs differ in length. */
function packedAttention(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  lengths: readonly number[],
  bias: Tensor4D | undefined,
  options: Omit<AttentionOptions, 'bias' | 'lengths'>,
): Tensor4D {
  checkLengths(query, key, lengths, bias);
  const [batch, heads, , width] = query.shape;
  const runs: { length: number; count: number }[] = [];
  for (const length of lengths) {
    const last = runs.at(-1);
    if (last?.length === length) last.count++;
    else runs.push({ length, count: 1 });
  }
  const sizes = runs.map(({ length, count }) => length * count);
  return tf.tidy(() => {
    const [q, k, v] = [query, key, value].map((x) => (runs.length === 1 ? [x] : tf.split(x, sizes, 2))) as [
      Tensor4D[],
      Tensor4D[],
      Tensor4D[],
    ];
    const outputs = runs.map(({ length, count }, i) => {
      const apart = (x: Tensor4D): Tensor4D => tf.reshape(x, [batch, heads * count, length, x.shape[3]]);
      const output = attention(apart(q[i]!), apart(k[i]!), apart(v[i]!), options);
      return tf.reshape<tf.Rank.R4>(output, [batch, heads, length * count, width]);
    });
    return outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 2);
  });
}

/**
 * The weights with which attention averages values: softmax(scale * query keyᵀ + bias), `[B, H, N, M]`.
 * For looking at attention; the whole matrix is in memory.
 */
export function attentionWeights(
  query: Tensor4D,
  key: Tensor4D,
  { scale = 1 / Math.sqrt(query.shape[3]), bias }: Omit<AttentionOptions, 'blockSize' | 'lengths'> = {},
): Tensor4D {
  return tf.tidy(() => {
    const scores = tf.matMul(tf.mul(query, scale), key, false, true);
    return tf.softmax(bias === undefined ? scores : tf.add(scores, bias), -1) as Tensor4D;
  });
}

function checkShapes(query: Tensor4D, key: Tensor4D, value: Tensor4D): void {
  const same = [0, 1, 3].every((axis) => query.shape[axis] === key.shape[axis]);
  if (query.rank === 4 && same && String(key.shape) === String(value.shape)) return;
  const shapes = [query, key, value].map(({ shape }) => `[${(shape as number[]).join(', ')}]`).join(', ');
  throw new SslError(
    `attention needs query [B, H, N, D], key and value [B, H, M, D], got ${shapes}. Split the heads first.`,
    { from: '@ssl/core' },
  );
}

function checkLengths(query: Tensor4D, key: Tensor4D, lengths: readonly number[], bias: Tensor4D | undefined): void {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const whole = lengths.every((length) => Number.isInteger(length) && length > 0);
  if (whole && total === query.shape[2] && total === key.shape[2] && bias === undefined) return;
  const problem = bias === undefined ? `lengths [${lengths.join(', ')}] for ${query.shape[2]} queries and ${key.shape[2]} keys` : 'lengths together with a bias';
  throw new SslError(
    `attention over packed sequences needs whole lengths that add up to the queries and to the keys, and no bias, got ${problem}. Call it once for each sequence where they differ.`,
    { from: '@ssl/core' },
  );
}
