import * as tf from '@tensorflow/tfjs-core';
import { runSingleOp } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

/** Sum of squares of all elements in float32, as twice TensorFlow's L2Loss: one pass without a tensor between. */
export const squaredNorm: KernelDefinition = {
  name: 'SslSquaredNorm',
  forward: ({ x }) => tf.mul(runSingleOp('L2Loss', [], [x!]), 2),
};
