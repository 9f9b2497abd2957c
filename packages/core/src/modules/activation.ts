import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { gelu as applyGelu, type GeluOptions } from '../ops/gelu.js';
import type { Module } from './module.js';
import { stateless } from './stateless.js';

/** max(x, 0). */
export function relu(): Module {
  return stateless((_scope, x: Tensor) => tf.relu(x));
}

/** Gaussian error linear unit, exact unless `approximate` is set. */
export function gelu(options: GeluOptions = {}): Module {
  return stateless((_scope, x: Tensor) => applyGelu(x, options));
}

/** x sigmoid(x), also called swish. */
export function silu(): Module {
  return stateless((_scope, x: Tensor) => tf.mul(x, tf.sigmoid(x)));
}

/** The input as it is: the place of a layer that is left out. */
export function identity(): Module {
  return stateless((_scope, x: Tensor) => x);
}
