import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { drawApplied } from '../transform/draw-applied.js';
import { perImage } from '../transform/per-image.js';
import type { Planes } from '../transform/planes.js';
import type { Transform } from '../transform/transform.js';

export interface SolarizeOptions {
  /** Pixels at or above it are inverted, 0 to 1. */
  readonly threshold?: number;
  readonly probability?: number;
}

/** BYOL's solarization of its second view. */
export const solarizeDefaults = { threshold: 0.5, probability: 0.2 } as const satisfies SolarizeOptions;

export type SolarizeParameters = {
  /** Pixels at or above it are inverted, `[batch]`. Above 1 nothing is. */
  readonly threshold: Tensor1D;
};

/** `1 - x` where `x ≥ threshold`: torchvision's `solarize`, with a threshold for each image. */
export function applySolarize(planes: Planes, { threshold }: SolarizeParameters): Planes {
  return tf.tidy(() => {
    // 1 where inverted: x + y (1 - 2x) is 1 - x there and x elsewhere.
    const inverted = tf.cast(tf.greaterEqual(planes, perImage(threshold)), 'float32');
    return tf.add(planes, tf.mul(inverted, tf.sub(1, tf.mul(planes, 2))));
  });
}

/** Inverts the bright pixels of a share of the images. Grill et al. 2020, arXiv:2006.07733, appendix B. */
export function solarize(options: SolarizeOptions = {}): Transform<SolarizeParameters> {
  const { threshold, probability } = { ...solarizeDefaults, ...options };
  return {
    name: 'solarize',
    imagewise: true,
    draw: ({ batch, key }) => ({
      threshold: tf.tidy(() => {
        const applied = drawApplied(batch, key, probability);
        // 2 where not applied: no pixel reaches it.
        return tf.add<Tensor1D>(tf.mul(applied, threshold), tf.mul(tf.sub(1, applied), 2));
      }),
    }),
    apply: applySolarize,
  };
}
