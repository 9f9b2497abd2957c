import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { SslError } from '../errors.js';
import { randomUniform } from '../ops/random-uniform.js';
import type { Module } from './module.js';
import { stateless } from './stateless.js';
import type { Scope } from './scope.js';

/**
 * In training sets each value to 0 with probability `rate` and divides the others by 1 - rate; else does nothing.
 *
 * @param rate - In [0, 1).
 */
export function dropout(rate: number): Module {
  checkRate('dropout', rate);
  return stateless((scope, x: Tensor) => drop(scope, x, rate, x.shape));
}

/**
 * Stochastic depth (Huang et al. 2016): in training sets the whole sample to 0 with probability `rate` and divides the
 * others by 1 - rate. Placed on a residual branch it leaves the block out.
 *
 * @param rate - In [0, 1).
 */
export function stochasticDepth(rate: number): Module {
  checkRate('stochasticDepth', rate);
  return stateless((scope, x: Tensor) => drop(scope, x, rate, [x.shape[0] ?? 1, ...x.shape.slice(1).map(() => 1)]));
}

/** Multiplies by a random mask of `maskShape`, which broadcasts to x. */
function drop(scope: Scope, x: Tensor, rate: number, maskShape: number[]): Tensor {
  if (!scope.training || rate === 0) return x;
  return tf.tidy(() => {
    const kept = tf.cast(tf.greaterEqual(randomUniform(maskShape as [number], scope.randomKey()), rate), 'float32');
    return tf.mul(x, tf.div(kept, 1 - rate));
  });
}

function checkRate(name: string, rate: number): void {
  if (rate >= 0 && rate < 1) return;
  throw new SslError(`${name} needs a rate in [0, 1), got ${String(rate)}. 0 switches it off.`, { from: '@ssl/core' });
}
