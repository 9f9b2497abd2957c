import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import type { MagnitudeTable } from './magnitudes.js';
import { operationNames, type OperationName, type OperationParameters } from './operations.js';

/** Random numbers in [0, 1) that one operation is drawn from, each `[batch]`. */
export interface OperationUniforms {
  readonly choice: Tensor1D;
  readonly magnitude: Tensor1D;
  readonly sign: Tensor1D;
}

/**
 * One operation for each image, all of the table equally likely, with a magnitude of the table: the one in place `fixed`, or
 * any, equally likely.
 */
export function drawOperation(table: MagnitudeTable, uniforms: OperationUniforms, fixed?: number): OperationParameters {
  const names = Object.keys(table) as OperationName[];
  const ranges = names.map((name) => table[name] ?? { values: [0], signed: false });
  const bins = ranges[0]?.values.length ?? 1;
  return tf.tidy(() => {
    const below = (uniform: Tensor1D, count: number): Tensor1D => tf.cast(tf.mul(uniform, count), 'int32');
    const choice = below(uniforms.choice, names.length);
    const bin = fixed === undefined ? below(uniforms.magnitude, bins) : tf.fill([choice.shape[0]], fixed, 'int32');
    const values = tf.tensor1d(ranges.flatMap((range) => range.values));
    const place = tf.add(tf.mul(choice, tf.scalar(bins, 'int32')), bin);
    const signed = tf.gather(tf.tensor1d(ranges.map((range) => Number(range.signed))), choice);
    const sign = tf.sub(1, tf.mul(2, tf.mul(signed, tf.cast(tf.less(uniforms.sign, 0.5), 'float32'))));
    return {
      operation: tf.gather(tf.tensor1d(names.map((name) => operationNames.indexOf(name))), choice),
      magnitude: tf.mul<Tensor1D>(sign, tf.gather(values, place)),
    };
  });
}
