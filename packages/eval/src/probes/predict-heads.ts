import { apply, compile, type Variables } from '@ssl/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Features } from '../features/features.js';
import type { Head } from './train-heads.js';

/** Rows of one call. */
const blockSize = 4096;

/** The class with the highest logit for every row, one list for each head. */
export async function predictHeads(head: Head, variables: readonly Variables[], features: Features): Promise<Int32Array[]> {
  const { values, count, dimension } = features;
  const predictions = variables.map(() => new Int32Array(count));
  const run = compile(
    ({ heads, x }: { heads: readonly Variables[]; x: tf.Tensor2D }) => ({
      classes: heads.map((one) => tf.argMax(apply(head, one, x, { training: false }).output, 1)),
    }),
    { name: 'probe prediction', precision: 'float32' },
  );
  try {
    for (let start = 0; start < count; start += blockSize) {
      const rows = Math.min(blockSize, count - start);
      const x = tf.tensor2d(values.slice(start * dimension, (start + rows) * dimension), [rows, dimension]);
      const { classes } = await run({ heads: variables, x });
      for (const [i, found] of classes.entries()) predictions[i]!.set(await found.data<'int32'>(), start);
      tf.dispose([x, ...classes]);
    }
  } finally {
    run.dispose();
  }
  return predictions;
}
