import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { attribute, runSingleOp } from '../tensorflow/index.js';
import type { KernelDefinition } from './kernel-definition.js';

const float = 1; // DT_FLOAT

function draw(operation: string, key: Tensor, shape: readonly number[]): Tensor {
  return runSingleOp(operation, [attribute.type('dtype', float)], [tf.tensor1d([...shape], 'int32'), key]);
}

/** Uniform numbers in [0, 1) from a key; core's JavaScript draws the same ones. */
export const randomUniform: KernelDefinition = {
  name: 'SslRandomUniform',
  forward: ({ key }, { shape }) => draw('StatelessRandomUniform', key!, shape as number[]),
};

/** Normally distributed numbers from a key. */
export const randomNormal: KernelDefinition = {
  name: 'SslRandomNormal',
  forward: ({ key }, { shape }) => draw('StatelessRandomNormal', key!, shape as number[]),
};
