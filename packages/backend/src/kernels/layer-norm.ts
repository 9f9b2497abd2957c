import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { fused, runSingleOp, toFloat32, weightGradient } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

/** Numbers of one register of the processor. */
const lanes = 16;

/** Mean over the last axis. XLA adds up a row number by number, so there its sums are those of `lanes` numbers side by side. */
function meanOfRows(x: Tensor, compiled: boolean): Tensor {
  const features = x.shape.at(-1)!;
  if (!compiled || features % lanes !== 0) return tf.mean(x, -1, true);
  const sums = tf.sum(tf.reshape(x, [-1, features / lanes, lanes]), 1);
  return tf.reshape(tf.sum(tf.mul(sums, 1 / features), 1), [...x.shape.slice(0, -1), 1]);
}

/**
 * (x - mean) / deviation and 1 / deviation over the last axis, in float32. The gradient calls it again instead of
 * keeping the result.
 */
function standardise(x: Tensor, epsilon: number, compiled: boolean): { normal: Tensor; inverse: Tensor } {
  const centred = tf.sub(x, meanOfRows(x, compiled));
  const inverse = tf.rsqrt(tf.add(meanOfRows(tf.square(centred), compiled), epsilon));
  return { normal: tf.mul(centred, inverse), inverse };
}

/** Sum over all axes but the last. BiasAddGrad is quicker than Sum here, and runs in float32. */
export function sumOverRows(x: Tensor): Tensor {
  const features = x.shape.at(-1) ?? 1;
  return runSingleOp('BiasAddGrad', [], [tf.reshape(x, [-1, features])]);
}

/** Layer normalisation over the last axis, with the gradient in closed form. */
export const layerNorm: KernelDefinition = {
  name: 'SslLayerNorm',
  forward: ({ x, scale, offset }, { epsilon }) =>
    fused(
      `layer norm ${String(epsilon)}`,
      [x!, scale!, offset!],
      ([input, gamma, beta], compiled) => {
        const { normal } = standardise(toFloat32(input!), epsilon as number, compiled);
        return [tf.add(tf.mul(normal, gamma!), beta!)];
      },
      { cheap: true },
    )[0]!,
  gradient: {
    inputsToSave: ['x', 'scale'],
    gradFunc(output, [x, scale], { epsilon }) {
      // At once and in a tidy: what tfjs calls later would keep the intermediates of every layer until the end.
      const [dx, dScale, dOffset] = tf.tidy(() => {
        const [forX, forScale, forOffset] = fused(`layer norm gradient ${String(epsilon as unknown as number)}`, [x!, output as Tensor, scale!], ([input, gradient, gamma], compiled) => {
          const dy = toFloat32(gradient!);
          const { normal, inverse } = standardise(toFloat32(input!), epsilon as unknown as number, compiled);
          // dx = (g - mean(g) - normal * mean(g * normal)) / deviation, with g = dy * scale
          const scaled = tf.mul(dy, gamma!);
          const along = meanOfRows(tf.mul(scaled, normal), compiled);
          const inner = tf.sub(tf.sub(scaled, meanOfRows(scaled, compiled)), tf.mul(normal, along));
          return [tf.mul(inner, inverse), sumOverRows(tf.mul(dy, normal)), sumOverRows(dy)];
        }) as [Tensor, Tensor, Tensor];
        return [forX, weightGradient(() => forScale), weightGradient(() => forOffset)] as [Tensor, Tensor, Tensor];
      });
      return { x: () => dx, scale: () => dScale, offset: () => dOffset };
    },
  },
};
