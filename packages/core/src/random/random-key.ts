import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor1D } from '@tensorflow/tfjs-core';
import { hashSeed } from './hash.js';

// Below 2^21, so that an int32 times one of them is exact in the doubles of JavaScript backends before it wraps
// around to 32 bits; odd, so that no bit is lost. Six rounds bring every output bit within 0.5 +- 0.08 of a fair coin
// for a flip of any input bit (the test measures it).
const multipliers = [
  [0x12b627, 0x14df81],
  [0x15a00f, 0x1bf15b],
  [0x174703, 0x1673d5],
  [0x1409bf, 0x174e37],
  [0x19e8ff, 0x1720e3],
  [0x12dcf5, 0x1c0ca9],
] as const;
const scales = [
  [0x16ee43, 0x1eee8f],
  [0x1636c3, 0x19077d],
  [0x164e0f, 0x103c81],
  [0x140c19, 0x1e15f7],
  [0x19a51b, 0x16f941],
  [0x1deb95, 0x1da24f],
] as const;

const int32 = (values: readonly number[]): Tensor1D => tf.tensor1d([...values], 'int32');

/**
 * Mixes the two words of a key: a Feistel-like network of wrapping int32 additions and products.
 * tfjs has no exclusive or; floor division by a power of two stands for the shift.
 */
function mixKey(key: Tensor1D): Tensor1D {
  const shift = tf.scalar(2 ** 16, 'int32');
  return multipliers.reduce<Tensor1D>((state, multiplier, round) => {
    const high = tf.floorDiv(tf.mul(tf.reverse(state, 0), int32(multiplier)), shift);
    const spread = tf.mul(high, int32(scales[round] as readonly number[]));
    return tf.add(state, spread);
  }, key);
}

/**
 * A key of its own for a purpose below another key, int32 `[2]`.
 *
 * Traceable. Distinct purposes give independent streams, and so do distinct orders of folding.
 *
 * @param purpose - 'colour-jitter', or the index of a micro-batch.
 */
export function foldIn(key: Tensor1D, purpose: string | number): Tensor1D {
  return tf.tidy(() => mixKey(tf.add(key, int32(hashSeed(0, purpose)))));
}

/**
 * The key of one purpose at one step of a run, int32 `[2]`. Every random draw of @ssl comes from such a key.
 *
 * Traceable in `step`: a compiled function draws anew in each step.
 *
 * @param seed - Of the run; any safe integer.
 * @param step - A whole number below 2^31, or a scalar that holds one.
 * @param purpose - 'views', 'forward'.
 */
export function randomKey(seed: number, step: Scalar | number, purpose: string): Tensor1D {
  return tf.tidy(() => {
    const counter = typeof step === 'number' ? tf.scalar(step, 'int32') : tf.cast(step, 'int32');
    return mixKey(tf.add(int32(hashSeed(seed, purpose)), counter));
  });
}
