import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fused, toFloat32 } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

// 1 + tanh(u) = 2 sigmoid(2u), so the tanh formula is x sigmoid(x (a + b x^2)): fewer passes over the data.
const a = 2 * Math.sqrt(2 / Math.PI);
const b = 0.044715 * a;

/** Share of x that passes, and how fast that share changes with x. */
function gateAndSlope(x: Tensor, approximate: boolean): { gate: Tensor; slope: () => Tensor } {
  if (approximate) {
    const square = tf.square(x);
    const gate = tf.sigmoid(tf.mul(x, tf.add(tf.mul(square, b), a)));
    return { gate, slope: () => tf.mul(tf.sub(gate, tf.square(gate)), tf.add(tf.mul(square, 3 * b), a)) };
  }
  return {
    gate: tf.add(tf.mul(tf.erf(tf.mul(x, Math.SQRT1_2)), 0.5), 0.5),
    slope: () => tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)),
  };
}

/** GELU, exact or in the tanh formula, in float32; only x is kept for the gradient. */
export const gelu: KernelDefinition = {
  name: 'SslGelu',
  forward: ({ x }, { approximate }) =>
    fused(
      `gelu ${String(approximate)}`,
      [x!],
      ([input]) => {
        const value = toFloat32(input!);
        return [tf.mul(value, gateAndSlope(value, approximate as boolean).gate)];
      },
      { cheap: true },
    )[0]!,
  gradient: {
    inputsToSave: ['x'],
    gradFunc: (dy, [x], { approximate }) => ({
      x: () =>
        fused(
          `gelu gradient ${String(approximate as unknown as boolean)}`,
          [x!, dy as Tensor],
          ([input, gradient]) => {
            const value = toFloat32(input!);
            const { gate, slope } = gateAndSlope(value, approximate as unknown as boolean);
            return [tf.mul(gradient!, tf.add(gate, tf.mul(value, slope())))];
          },
          { results: 'input' },
        )[0]!,
    }),
  },
};
