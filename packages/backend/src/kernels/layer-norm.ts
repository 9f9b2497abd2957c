import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { runSingleOp, toFloat32 } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

/**
 * (x - mean) / deviation and 1 / deviation over the last axis, in float32. The gradient calls it again instead of
 * keeping the result; in a compiled function TensorFlow merges the two.
 */
function standardise(x: Tensor, epsilon: number): { normal: Tensor; inverse: Tensor } {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
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
  forward({ x, scale, offset }, { epsilon }) {
    const { normal } = standardise(toFloat32(x!), epsilon as number);
    return tf.add(tf.mul(normal, scale!), offset!);
  },
  gradient: {
    inputsToSave: ['x', 'scale'],
    gradFunc(output, [x, scale], { epsilon }) {
      // At once and in a tidy: what tfjs calls later would keep the intermediates of every layer until the end.
      const [dx, dScale, dOffset] = tf.tidy(() => {
        const dy = toFloat32(output as Tensor);
        const { normal, inverse } = standardise(toFloat32(x!), epsilon as unknown as number);
        // dx = (g - mean(g) - normal * mean(g * normal)) / deviation, with g = dy * scale
        const scaled = tf.mul(dy, scale!);
        const along = tf.mean(tf.mul(scaled, normal), -1, true);
        const inner = tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), tf.mul(normal, along));
        return [tf.mul(inner, inverse), sumOverRows(tf.mul(dy, normal)), sumOverRows(dy)] as [Tensor, Tensor, Tensor];
      });
      return { x: () => dx, scale: () => dScale, offset: () => dOffset };
    },
  },
};
