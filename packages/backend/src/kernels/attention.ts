import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { attribute, fused, inPrecision, isFused, runOp, runSingleOp, toFloat32 } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

interface Sizes {
  readonly scale: number;
  readonly blockSize: number;
}

/** a b, with either transposed in its last two axes. */
function product(left: Tensor, right: Tensor, transpose?: 'left' | 'right'): Tensor {
  return runSingleOp(
    'BatchMatMulV2',
    [attribute.bool('adj_x', transpose === 'left'), attribute.bool('adj_y', transpose === 'right')],
    [left, right],
  );
}

/**
 * Hands `tensors` on once all of `previous` are there. Without it, TensorFlow would run the first operation of every
 * block of a compiled function before the last of any, and hold all scores at once.
 */
function after(previous: readonly Tensor[], tensors: Tensor[]): Tensor[] {
  if (previous.length === 0) return tensors;
  const all = [...tensors, ...previous];
  return runOp('IdentityN', [], all, all.length).slice(0, tensors.length);
}

/** Fewer rows make products too thin to be quick. */
const leastRows = 64;

/** Query rows `[start, end)` of each block: so many that its scores are no more than a tile of `blockSize` squared. */
function blocks(query: Tensor, key: Tensor, blockSize: number): [start: number, end: number][] {
  const length = query.shape[2]!;
  const size = Math.min(length, Math.max(leastRows, Math.floor((blockSize * blockSize) / key.shape[2]!)));
  return Array.from({ length: Math.ceil(length / size) }, (_, index) => [index * size, Math.min(length, (index + 1) * size)]);
}

function rows(tensor: Tensor, start: number, end: number): Tensor {
  const [batch, heads, length, features] = tensor.shape as [number, number, number, number];
  return end - start === length ? tensor : tf.slice(tensor, [0, 0, start, 0], [batch, heads, end - start, features]);
}

/** softmax(scale q k^T) v, block of queries by block of queries: the scores of one block are all that is held. */
function attend(query: Tensor, key: Tensor, value: Tensor, { scale, blockSize }: Sizes): Tensor {
  const outputs: Tensor[] = [];
  for (const [start, end] of blocks(query, key, blockSize)) {
    const output = tf.tidy(() => {
      const [q] = after(outputs.slice(-1), [rows(query, start, end)]);
      const scores = product(tf.mul(q!, scale), key, 'right');
      return product(tf.softmax(scores), value);
    });
    outputs.push(output);
  }
  return outputs.length === 1 ? outputs[0]! : tf.concat(outputs, 2);
}

/** Of scale * scores, from the weights in the precision in which they were multiplied with the values. */
function scoresGradient(weights: Tensor, dWeights: Tensor, scale: number): Tensor {
  return fused(`attention scores gradient ${String(scale)}`, [weights, dWeights], ([kept, gradient]) => {
    const [p, dp] = [toFloat32(kept!), toFloat32(gradient!)];
    return [tf.mul(tf.mul(p, tf.sub(dp, tf.sum(tf.mul(p, dp), -1, true))), scale)];
  })[0]!;
}

/** The gradients, with the scores of each block computed again (Dao et al. 2022, appendix B.2). */
function attendBackward(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  output: Tensor,
  gradient: Tensor,
  { scale, blockSize }: Sizes,
): [query: Tensor, key: Tensor, value: Tensor] {
  const spans = blocks(query, key, blockSize);
  // The scale goes to the keys here, to the queries above: or TensorFlow would recognise the scores of the forward pass and keep
  // them, which is welcome where they are few.
  const isLarge = spans.length > 1 || isFused([{ size: (query.size / query.shape[3]!) * key.shape[2]! }]);
  const scaledKey = isLarge ? tf.mul(key, scale) : key;
  const beforeFirst = isLarge ? [gradient] : [];
  const dQuery: Tensor[] = [];
  let dKey: Tensor | undefined;
  let dValue: Tensor | undefined;
  for (const [start, end] of spans) {
    const [dq, dk, dv] = tf.tidy(() => {
      const done = dKey === undefined || dValue === undefined ? beforeFirst : [...dQuery.slice(-1), dKey, dValue];
      const [q, dOutput] = after(done, [rows(query, start, end), rows(gradient, start, end)]) as [Tensor, Tensor];
      const scores = product(isLarge ? q : tf.mul(q, scale), scaledKey, 'right');
      const weights = tf.softmax(scores); // [B, H, block, N]
      const dWeights = product(dOutput, value, 'right');
      const dScores = isFused([weights])
        ? scoresGradient(inPrecision(weights), dWeights, scale)
        : tf.mul(tf.mul(weights, tf.sub(dWeights, tf.sum(tf.mul(dOutput, rows(output, start, end)), -1, true))), scale);
      const forKey = product(dScores, q, 'left');
      const forValue = product(weights, dOutput, 'left');
      return [
        product(dScores, key),
        dKey === undefined ? forKey : tf.add(dKey, forKey),
        dValue === undefined ? forValue : tf.add(dValue, forValue),
      ] as [Tensor, Tensor, Tensor];
    });
    dKey?.dispose();
    dValue?.dispose();
    dQuery.push(dq);
    dKey = dk;
    dValue = dv;
  }
  return [dQuery.length === 1 ? dQuery[0]! : tf.concat(dQuery, 2), dKey!, dValue!];
}

/** Scaled-dot-product attention over `[batch, heads, length, features]`, with memory linear in the length. */
export const attention: KernelDefinition = {
  name: 'SslAttention',
  forward: ({ query, key, value }, attributes) => attend(query!, key!, value!, attributes as unknown as Sizes),
  gradient: {
    inputsToSave: ['query', 'key', 'value'],
    outputsToSave: [true],
    gradFunc(dy, [query, key, value, output], attributes) {
      const [dQuery, dKey, dValue] = attendBackward(query!, key!, value!, output!, dy as Tensor, attributes as unknown as Sizes);
      return { query: () => dQuery, key: () => dKey, value: () => dValue };
    },
  },
};
