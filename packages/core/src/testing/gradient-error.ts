import * as tf from '@tensorflow/tfjs-core';
import type { Scalar, Tensor } from '@tensorflow/tfjs-core';

export interface GradientErrorOptions {
  /** How far apart the loss is compared; halved once, so that only terms of the fourth order remain. */
  readonly distance?: number;
  /** Directions in which the slope is taken. */
  readonly directions?: number;
}

/** Defaults of {@link gradientError}. */
export const gradientErrorDefaults = { distance: 1e-2, directions: 4 } as const;

/**
 * How far a loss's gradient is from its slope by finite differences: the largest difference over some fixed directions in which all
 * inputs move together, relative to the largest slope.
 *
 * Inputs that the loss takes as constants (targets, codes) must be left out; bind them in `loss`.
 *
 * @param loss - Smooth near `inputs`, about 1 in size.
 * @returns About 1e-3 or less for a right gradient (float32), 0.1 and more for a wrong one.
 * @example
 * gradientError((a, b) => ntXent(a as Tensor2D, b as Tensor2D, { temperature: 0.5 }), [a, b]); // below 1e-2
 */
export function gradientError(loss: (...inputs: Tensor[]) => Scalar, inputs: readonly Tensor[], options: GradientErrorOptions = {}): number {
  const { distance, directions } = { ...gradientErrorDefaults, ...options };
  return tf.tidy(() => {
    const gradients = tf.grads(loss)([...inputs]).map((gradient) => [...gradient.dataSync()]);
    let [largest, difference] = [1e-6, 0];
    for (let count = 0; count < directions; count++) {
      const ways = inputs.map(({ size }, input) => Array.from({ length: size }, (_, i) => Math.sin((count + 1) * (3 * i + input + 1))));
      const at = (step: number): number =>
        tf.tidy(() => loss(...inputs.map((input, i) => tf.add(input, tf.reshape(tf.tensor1d(ways[i]!.map((value) => step * value)), input.shape)))).dataSync()[0]!);
      const central = (step: number): number => (at(step) - at(-step)) / (2 * step);
      const slope = (4 * central(distance / 2) - central(distance)) / 3;
      const along = gradients.reduce((sum, gradient, i) => gradient.reduce((inner, value, j) => inner + value * ways[i]![j]!, sum), 0);
      largest = Math.max(largest, Math.abs(slope));
      difference = Math.max(difference, Math.abs(along - slope));
    }
    return difference / largest;
  });
}
