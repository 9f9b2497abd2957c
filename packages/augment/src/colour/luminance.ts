import * as tf from '@tensorflow/tfjs-core';
import type { Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { mixChannels } from './mix-channels.js';
import type { Planes } from '../transform/planes.js';

/** torchvision's weights of red, green and blue in grey (ITU-R 601-2). */
export const colourWeights = [0.2989, 0.587, 0.114] as const;

/** Weights of the channels in the grey value, `[1, channels]`: of red, green and blue, else all alike. */
export function luminanceWeights(channels: number): Tensor2D {
  const weights = channels === 3 ? [...colourWeights] : Array.from({ length: channels }, () => 1 / channels);
  return tf.tensor2d([weights]);
}

/**
 * Grey value of each pixel, `[batch, 1, height, width]`: `0.2989 R + 0.587 G + 0.114 B` of colour images, the mean over
 * channels of any others.
 */
export function luminance(planes: Planes): Tensor4D {
  return tf.tidy(() => mixChannels(planes, luminanceWeights(planes.shape[1])));
}
