import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { childSeed } from '../random/hash.js';
import { uniformTensor } from './initialise.js';
import type { Module } from './module.js';

export interface LinearOptions {
  readonly bias?: boolean;
  /** First weight, `[outputs, inputs]`, from a seed; the bias then starts at 0. PyTorch's uniform default if left out. */
  readonly weight?: (seed: number) => Tensor2D;
}

export const linearDefaults = { bias: true } as const satisfies LinearOptions;

/**
 * y = x Wᵀ + b over the last axis.
 *
 * `weight` is `[outputs, inputs]` as in PyTorch, `bias` `[outputs]`; both start uniform in ±1/√inputs, PyTorch's default.
 */
export function linear(inputs: number, outputs: number, options: LinearOptions = {}): Module {
  const { bias, weight }: LinearOptions = { ...linearDefaults, ...options };
  const bound = 1 / Math.sqrt(inputs);
  return {
    init: (seed) => ({
      params: {
        weight: weight
          ? weight(childSeed(seed, 'weight'))
          : uniformTensor(childSeed(seed, 'weight'), [outputs, inputs], bound),
        ...(bias ? { bias: uniformTensor(childSeed(seed, 'bias'), [outputs], weight ? 0 : bound) } : {}),
      },
      buffers: {},
    }),
    forward: (scope, input) =>
      applyLinear(
        input,
        scope.param<Tensor2D>('weight'),
        scope.has('bias') ? scope.param<Tensor1D>('bias') : undefined,
      ),
  };
}

/** x Wᵀ + b for `x` of any rank from 2, `[..., inputs]` to `[..., outputs]`. */
export function applyLinear(x: Tensor, weight: Tensor2D, bias?: Tensor1D): Tensor {
  return tf.tidy(() => {
    const inputs = weight.shape[1];
    const flat = x.rank === 2 ? (x as Tensor2D) : tf.reshape(x, [x.size / inputs, inputs]);
    const product = tf.matMul(flat as Tensor2D, weight, false, true);
    const y = bias === undefined ? product : tf.add(product, bias);
    return x.rank === 2 ? y : tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]]);
  });
}
