import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core';
import { batchNormTraining } from '../ops/batch-norm-training.js';
import { constantTensor } from './initialise.js';
import type { Module } from './module.js';
import type { Scope } from './scope.js';

export interface BatchNormModuleOptions {
  /** Added to the variance. */
  readonly epsilon?: number;
  /** Weight of the batch in the running statistics: new = (1 - momentum) old + momentum batch, as in PyTorch. */
  readonly momentum?: number;
  /** False: no `weight` and `bias`, as after the last layer of SimSiam's projector. */
  readonly affine?: boolean;
  /** First value of `weight`; 0 makes a residual branch start as nothing. */
  readonly scale?: number;
}

export const batchNormModuleDefaults = {
  epsilon: 1e-5,
  momentum: 0.1,
  affine: true,
  scale: 1,
} as const satisfies Required<BatchNormModuleOptions>;

/**
 * Batch normalisation of `[batch, channels]` or `[batch, height, width, channels]`.
 *
 * In training the batch's statistics normalise and move the buffers `running_mean` and `running_var` (unbiased); else
 * the buffers normalise.
 */
export function batchNorm(channels: number, options: BatchNormModuleOptions = {}): Module {
  const { epsilon, momentum, affine, scale } = { ...batchNormModuleDefaults, ...options };
  return {
    init: () => ({
      params: affine ? { weight: constantTensor([channels], scale), bias: constantTensor([channels], 0) } : {},
      buffers: { running_mean: constantTensor([channels], 0), running_var: constantTensor([channels], 1) },
    }),
    forward(scope, input) {
      const weight = affine ? scope.param<Tensor1D>('weight') : tf.fill([channels], 1);
      const bias = affine ? scope.param<Tensor1D>('bias') : tf.fill([channels], 0);
      if (!scope.training) {
        const mean = scope.buffer<Tensor1D>('running_mean');
        const variance = scope.buffer<Tensor1D>('running_var');
        return tf.batchNorm(input, mean, variance, bias as Tensor1D, weight as Tensor1D, epsilon);
      }
      const { y, mean, variance } = batchNormTraining(input, weight as Tensor1D, bias as Tensor1D, { epsilon });
      move(scope, 'running_mean', mean, momentum);
      move(scope, 'running_var', variance, momentum);
      return y;
    },
  };
}

function move(scope: Scope, name: string, batch: Tensor, momentum: number): void {
  const old = scope.buffer(name);
  scope.update(name, tf.add(tf.mul(old, 1 - momentum), tf.mul(batch, momentum)));
}
