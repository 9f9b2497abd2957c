import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';

interface Range {
  readonly begin: number;
  readonly size: number;
}

/** Attention tile by tile; see `attention`. Keeps query, key, value, the result and one number for each query. */
export function blockwiseAttention(
  query: Tensor4D,
  key: Tensor4D,
  value: Tensor4D,
  scale: number,
  blockSize: number,
): Tensor4D {
  const queries = ranges(query.shape[2], blockSize);
  const keys = ranges(key.shape[2], blockSize);
  const attend = tf.customGrad((q, k, v, save) => {
    const tiles = [q, k, v] as [Tensor4D, Tensor4D, Tensor4D];
    const parts = queries.map((rows) => forwardRows(...tiles, rows, keys, scale));
    const output = concatRows(parts.map((part) => part.output));
    const logSum = concatRows(parts.map((part) => part.logSum));
    (save as tf.GradSaveFunc)([...tiles, output, logSum]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] =>
      backward(dy as Tensor4D, saved as Tensor4D[], queries, keys, scale);
    return { value: output, gradFunc };
  });
  return attend(query, key, value) as Tensor4D;
}

function ranges(length: number, blockSize: number): Range[] {
  return Array.from({ length: Math.ceil(length / blockSize) }, (_, i) => ({
    begin: i * blockSize,
    size: Math.min(blockSize, length - i * blockSize),
  }));
}

const concatRows = (parts: readonly Tensor4D[]): Tensor4D => tf.concat([...parts], 2);

function sliceRows(x: Tensor4D, { begin, size }: Range): Tensor4D {
  const [batch, heads, , width] = x.shape;
  return tf.slice(x, [0, 0, begin, 0], [batch, heads, size, width]);
}

/** One block of queries against all blocks of keys, with running maximum and sum. */
function forwardRows(
  q: Tensor4D,
  k: Tensor4D,
  v: Tensor4D,
  rows: Range,
  keys: readonly Range[],
  scale: number,
): { output: Tensor4D; logSum: Tensor4D } {
  return tf.tidy(() => {
    const block = tf.mul(sliceRows(q, rows), scale);
    let maximum: Tensor | undefined;
    let sum: Tensor | undefined;
    let output: Tensor | undefined;
    for (const columns of keys) {
      const scores = tf.matMul(block, sliceRows(k, columns), false, true);
      const highest = tf.max(scores, -1, true);
      const next: Tensor = maximum === undefined ? highest : tf.maximum(maximum, highest);
      const weights = tf.exp(tf.sub(scores, next));
      const tileSum = tf.sum(weights, -1, true);
      const tileOutput = tf.matMul(weights, sliceRows(v, columns));
      if (maximum === undefined || sum === undefined || output === undefined) {
        sum = tileSum;
        output = tileOutput;
      } else {
        // What was summed relative to the old maximum, relative to the new one.
        const correction = tf.exp(tf.sub(maximum, next));
        sum = tf.add(tf.mul(sum, correction), tileSum);
        output = tf.add(tf.mul(output, correction), tileOutput);
      }
      maximum = next;
    }
    return {
      output: tf.div(output!, sum!) as Tensor4D,
      logSum: tf.add(maximum!, tf.log(sum!)) as Tensor4D,
    };
  });
}

function backward(
  dy: Tensor4D,
  saved: readonly Tensor4D[],
  queries: readonly Range[],
  keys: readonly Range[],
  scale: number,
): Tensor4D[] {
  const [q, k, v, output, logSum] = saved as [Tensor4D, Tensor4D, Tensor4D, Tensor4D, Tensor4D];
  return tf.tidy(() => {
    const inner = tf.sum(tf.mul(dy, output), -1, true) as Tensor4D;
    const dKeys: (Tensor4D | undefined)[] = keys.map(() => undefined);
    const dValues: (Tensor4D | undefined)[] = keys.map(() => undefined);
    const dQueries = queries.map((rows) => {
      const [block, dBlock, blockInner, blockSum] = [q, dy, inner, logSum].map((x) => sliceRows(x, rows)) as [
        Tensor4D,
        Tensor4D,
        Tensor4D,
        Tensor4D,
      ];
      let dQuery: Tensor4D | undefined;
      keys.forEach((columns, j) => {
        const tile = tf.tidy(() => {
          const keyBlock = sliceRows(k, columns);
          const scores = tf.mul(tf.matMul(block, keyBlock, false, true), scale);
          const weights = tf.exp(tf.sub(scores, blockSum));
          const dWeights = tf.matMul(dBlock, sliceRows(v, columns), false, true);
          const dScores = tf.mul(tf.mul(weights, tf.sub(dWeights, blockInner)), scale);
          return {
            query: tf.matMul(dScores, keyBlock) as Tensor4D,
            key: tf.matMul(dScores, block, true, false) as Tensor4D,
            value: tf.matMul(weights, dBlock, true, false) as Tensor4D,
          };
        });
        dQuery = accumulate(dQuery, tile.query);
        dKeys[j] = accumulate(dKeys[j], tile.key);
        dValues[j] = accumulate(dValues[j], tile.value);
      });
      return dQuery!;
    });
    return [concatRows(dQueries), concatRows(dKeys as Tensor4D[]), concatRows(dValues as Tensor4D[])];
  });
}

/** Adds and frees both terms, so that eager runs hold one tile at a time. */
function accumulate(sum: Tensor4D | undefined, term: Tensor4D): Tensor4D {
  if (sum === undefined) return term;
  const next = tf.add<Tensor4D>(sum, term);
  tf.dispose([sum, term]);
  return next;
}
