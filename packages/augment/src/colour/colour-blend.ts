import * as tf from '@tensorflow/tfjs-core';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import { luminanceWeights } from './luminance.js';
import { mixChannels } from './mix-channels.js';
import type { Planes } from '../transform/planes.js';

/** Brightness (`factor` alone), contrast (`mean = 1 - factor`) or saturation (`grey = 1 - factor`); each `[batch, 1, 1]`. */
export interface ColourBlend {
  readonly factor: Tensor3D;
  readonly grey: Tensor3D;
  readonly mean: Tensor3D;
}

/**
 * `clip(factor · x + grey · luminance + mean · mean(luminance), 0, 1)`: one matrix for the channels of each image.
 * For images of other than 3 channels, which have no saturation, `grey` is added to `factor`.
 */
export function applyColourBlend(planes: Planes, { factor, grey, mean }: ColourBlend): Planes {
  const [batch, channels, height, width] = planes.shape;
  return tf.tidy(() => {
    const toGrey = tf.tile(luminanceWeights(channels), [channels, 1]); // [C, C]
    const means = tf.mean(tf.reshape(planes, [batch, channels, height * width]), 2, true); // [N, C, 1]
    const offset = tf.mul(mean, tf.matMul(tf.expandDims(toGrey, 0), means));
    const own = channels === 3 ? factor : tf.add(factor, grey);
    const kept = tf.mul<Tensor3D>(own, tf.eye(channels));
    const matrix = channels === 3 ? tf.add<Tensor3D>(kept, tf.mul(grey, toGrey)) : kept;
    const mixed = tf.add(mixChannels(planes, matrix), tf.expandDims(offset, 3));
    return tf.clipByValue(mixed, 0, 1) as Planes;
  });
}
