import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { geometricResizeMatrix } from './geometric-resize-matrix.js';

/** The last rows of a table of biases: class to patch, patch to class, class to itself. */
const classEntries = 3;

/**
 * BEiT's table of relative position biases for another grid: two matrix products, so that the gradient reaches the table. The three
 * entries of the class token stay. The numbers of timm's `resize_rel_pos_bias_table`.
 *
 * @param table - `[(2 from - 1)^2 + 3, heads]`, made for a grid of `from` by `from` patches.
 * @returns `[(2 to - 1)^2 + 3, heads]`.
 * @example
 * resizePositionBiases(table, 14, 24); // from 224 to 384 pixels, patches of 16
 *
 * @see Bao et al., BEiT: BERT Pre-Training of Image Transformers; the fine-tuning of its authors' code.
 */
export function resizePositionBiases(table: Tensor2D, from: number, to: number): Tensor2D {
  if (from === to) return table;
  const heads = table.shape[1];
  const [old, now] = [2 * from - 1, 2 * to - 1];
  return tf.tidy(() => {
    const matrix = tf.tensor2d(geometricResizeMatrix(old, now), [now, old]);
    const distances = tf.slice2d(table, [0, 0], [old * old, heads]);
    const vertical = tf.matMul(matrix, tf.reshape<tf.Rank.R2>(distances, [old, old * heads]));
    const turned = tf.transpose(tf.reshape<tf.Rank.R3>(vertical, [now, old, heads]), [1, 0, 2]);
    const both = tf.matMul(matrix, tf.reshape<tf.Rank.R2>(turned, [old, now * heads]));
    const resized = tf.transpose(tf.reshape<tf.Rank.R3>(both, [now, now, heads]), [1, 0, 2]);
    return tf.concat2d([tf.reshape<tf.Rank.R2>(resized, [now * now, heads]), tf.slice2d(table, [old * old, 0], [classEntries, heads])], 0);
  });
}
