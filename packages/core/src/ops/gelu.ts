import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './run-kernel.js';

export interface GeluOptions {
  /** True: the tanh formula, within 5e-4 of the exact one and quicker. */
  readonly approximate?: boolean;
}

export const geluDefaults = { approximate: false } as const satisfies Required<GeluOptions>;

const root = Math.sqrt(2 / Math.PI);

/**
 * Gaussian error linear unit (Hendrycks and Gimpel 2016).
 *
 *     exact: x Phi(x) = x (1 + erf(x / sqrt 2)) / 2
 *     approximate: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
 */
export function gelu<T extends Tensor>(x: T, options: GeluOptions = {}): T {
  const { approximate } = { ...geluDefaults, ...options };
  if (hasKernel('SslGelu')) return runKernel<T>('SslGelu', { x }, { approximate });
  return activate(x, approximate ? tanhParts : exactParts) as T;
}

/** The gate Phi(x) and the gate's derivative. */
type Parts = (x: Tensor) => { gate: Tensor; slope: Tensor };

const exactParts: Parts = (x) => ({
  gate: tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5),
  slope: tf.mul(tf.exp(tf.mul(tf.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)),
});

const tanhParts: Parts = (x) => {
  const square = tf.square(x);
  const tanh = tf.tanh(tf.mul(tf.mul(x, tf.add(tf.mul(square, 0.044715), 1)), root));
  return {
    gate: tf.mul(tf.add(tanh, 1), 0.5),
    slope: tf.mul(tf.sub(1, tf.square(tanh)), tf.mul(tf.add(tf.mul(square, 3 * 0.044715), 1), root / 2)),
  };
};

/** x gate(x); only x is kept for the gradient, the parts are computed again. */
function activate(x: Tensor, parts: Parts): Tensor {
  return tf.customGrad((input, save) => {
    const value = input as Tensor;
    (save as tf.GradSaveFunc)([value]);
    return {
      value: tf.mul(value, parts(value).gate),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const kept = saved[0]!;
        const { gate, slope } = parts(kept);
        return tf.mul(dy, tf.add(gate, tf.mul(kept, slope)));
      },
    };
  })(x);
}
