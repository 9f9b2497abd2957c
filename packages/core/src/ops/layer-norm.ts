import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { hasKernel, runKernel } from './run-kernel.js';

export interface LayerNormOptions {
  /** Added to the variance. */
  readonly epsilon?: number;
}

/** timm's Vision Transformers use 1e-6, PyTorch's nn.LayerNorm 1e-5. */
export const layerNormDefaults = { epsilon: 1e-5 } as const satisfies Required<LayerNormOptions>;

/**
 * Layer normalisation over the last axis (Ba et al. 2016, equations 3 and 4).
 *
 *     y = scale * (x - mean) / sqrt(biased variance + epsilon) + offset
 *
 * @param x - `[..., features]`.
 * @param scale - `[features]`.
 * @param offset - `[features]`.
 */
export function layerNorm<T extends Tensor>(
  x: T,
  scale: Tensor1D,
  offset: Tensor1D,
  { epsilon = layerNormDefaults.epsilon }: LayerNormOptions = {},
): T {
  if (hasKernel('SslLayerNorm')) return runKernel<T>('SslLayerNorm', { x, scale, offset }, { epsilon });
  const leading = x.shape.map((_, i) => i).slice(0, -1);
  const normalise = tf.customGrad((input, gamma, beta, save) => {
    const centred = tf.sub(input as Tensor, tf.mean(input as Tensor, -1, true));
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon));
    const normal = tf.mul(centred, inverse);
    (save as tf.GradSaveFunc)([normal, inverse, gamma as Tensor]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const [normalised, inverseDeviation, weight] = saved as [Tensor, Tensor, Tensor];
      const scaled = tf.mul(dy, weight);
      // dx = (g - mean(g) - normal * mean(g * normal)) / deviation, with g = dy * scale
      const inner = tf.sub(
        tf.sub(scaled, tf.mean(scaled, -1, true)),
        tf.mul(normalised, tf.mean(tf.mul(scaled, normalised), -1, true)),
      );
      return [
        tf.mul(inner, inverseDeviation),
        tf.sum(tf.mul(dy, normalised), leading),
        tf.sum(dy, leading),
      ];
    };
    return { value: tf.add(tf.mul(normal, gamma as Tensor), beta as Tensor), gradFunc };
  });
  return normalise(x, scale, offset) as T;
}
