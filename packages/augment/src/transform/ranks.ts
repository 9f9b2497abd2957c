import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';

/** The order of each row and its inverse, int32 `[batch, length]`. */
export interface RowOrder {
  /** Index of the highest entry, of the second highest … */
  readonly order: Tensor2D;
  /** Place of each entry in that order: 0 for the highest. Every place occurs once, whatever the ties. */
  readonly rank: Tensor2D;
}

/** Sorts each row from highest to lowest. */
export function rankRows(values: Tensor2D): RowOrder {
  const [, length] = values.shape;
  return tf.tidy(() => {
    const order = tf.topk(values, length).indices;
    // Sorting the order itself gives its inverse.
    const rank = tf.topk(tf.neg(tf.cast(order, 'float32')), length).indices;
    return { order: order as Tensor2D, rank: rank as Tensor2D };
  });
}
