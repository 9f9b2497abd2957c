import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Module } from './module.js';
import { stateless } from './stateless.js';

/** max(x, 0). */
export function relu(): Module {
  return stateless((_, x: Tensor) => tf.relu(x));
}
