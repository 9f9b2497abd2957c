import * as tf from '@tensorflow/tfjs-core';
import type { Tensor1D } from '@tensorflow/tfjs-core';
import { randomUniform } from '@ssl/core/ops';
import { chance } from './chance.js';

/** 1 for the images that a transform of this probability is applied to, 0 for the others; `[batch]`, float32. */
export function drawApplied(batch: number, key: Tensor1D, probability: number): Tensor1D {
  return tf.tidy(() => chance(randomUniform<tf.Rank.R1>([batch], key), probability));
}
